// What every hub asks of a release before it moves. Knows no hub by name.

import { hexOf } from '../core/digest.ts';
import { ModelFetchError } from '../core/errors.ts';
import type { HttpText } from '../core/http.ts';
import type { LocalFile, PushLimits, Ticket } from '../core/ports/push.ts';
import { showBytes } from '../core/text/show.ts';
import type { Keys } from './keys.ts';

/** Nobody publishes anonymously. @throws AUTH_REQUIRED */
export async function wantToken(
  { keys }: { readonly keys: Keys },
  repository: string,
  signal: AbortSignal,
): Promise<void> {
  if ((await keys.current(signal)) !== undefined) return;
  throw new ModelFetchError('AUTH_REQUIRED', `Publishing to ${repository} wants a token, and none was given.`, {
    hint: 'Give a token with the right to write as `token`, or in the environment.',
  });
}

/** @throws TOO_LARGE, naming the file */
export function refuseLarge(files: readonly LocalFile[], { fileBytes }: PushLimits): void {
  const large = files.find(({ sizeBytes }) => sizeBytes > fileBytes);
  if (large === undefined) return;
  const message = `"${large.path}" has ${showBytes(large.sizeBytes)}, and the hub takes at most ${showBytes(fileBytes)} in one file.`;
  throw new ModelFetchError('TOO_LARGE', message, { hint: 'Split it into shards, or leave it out with `exclude`.' });
}

/** Content that is already on its way for another path need not be sent twice: all arrives before the commit.
 * @param given the contents on their way, each with who brings it; added to
 * @param place the storage, and the repository where several share one */
export function sharesGiven(
  given: Map<string, string>,
  ticket: Ticket,
  { storage, repository }: { readonly storage: string; readonly repository: string },
): Ticket {
  if (ticket.kind !== 'send') return ticket;
  const { file } = ticket;
  const content = `${storage} ${hexOf(file.digests.sha256)}`;
  const own = `${repository} ${file.path}`;
  const bringer = given.get(content);
  if (bringer !== undefined && bringer !== own) return { kind: 'have', file };
  given.set(content, own);
  return ticket;
}

/** What a gateway’s own 504 says of a commit: that it took too long, in whatever page it says so. A smaller one may not.
 * @returns TIMEOUT; undefined for any other answer */
export function gatewayTimeout({ status }: Pick<HttpText, 'status'>): ModelFetchError | undefined {
  if (status !== 504) return undefined;
  return new ModelFetchError('TIMEOUT', 'The commit took the hub longer than its gateway waits (504).', {
    hint: 'It may have been made all the same: run again, and what is there is found.',
  });
}
