// What an answer that is not the file means, and what to do about it. The source's own dialect is asked first.

import { ModelFetchError } from '../../core/errors.ts';
import { errorOfStatus, type HttpResponse } from '../../core/http.ts';
import type { FailedAnswer, Source } from '../../core/ports.ts';
import type { RemoteFile, Snapshot } from '../../core/snapshot.ts';

/** Enough to tell an error message from a file. */
const MAX_REFUSAL_BYTES = 64 * 1024;

export interface Refused {
  readonly source: Source;
  readonly snapshot: Snapshot;
  readonly file: RemoteFile;
  /** The file and the host, for messages. */
  readonly what: string;
  /** From another origin than the source's own, which knows nothing of its dialect. */
  readonly isForeign: boolean;
  /** A token was sent along. */
  readonly hasToken: boolean;
}

/** LINK_EXPIRED when a signed link is refused, else what the source or the status says. */
export function refusalOf(answer: FailedAnswer, refused: Refused, nowMs: number): Error {
  const { status, headers } = answer;
  const { what, isForeign } = refused;
  if (isForeign && [400, 401, 403, 404, 410].includes(status)) {
    return new ModelFetchError('LINK_EXPIRED', `The link to ${what} was refused (${status}).`, {
      waitMs: 0,
      hint: 'The hub gives links that its file host does not accept; try again later.',
    });
  }
  const told = isForeign ? undefined : refused.source.refusal(answer, refused.snapshot, refused.file);
  return told ?? errorOfStatus(status, headers, what, nowMs) ?? plainRefusal(status, refused);
}

/** As much of a body as may say why it is not the file. */
export async function readText(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes >= MAX_REFUSAL_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_REFUSAL_BYTES).toString('utf8');
}

function plainRefusal(status: number, { what, hasToken }: Refused): ModelFetchError {
  if (status === 200 || status === 206 || status === 416) {
    return new ModelFetchError('SIZE_MISMATCH', `${what} does not have the size that the listing gives (${status}).`, {
      hint: 'Something between here and the hub may answer in its place: check the endpoint and the proxy.',
    });
  }
  if (status === 401 && !hasToken) {
    return new ModelFetchError('AUTH_REQUIRED', `${what} needs a token (401).`, { hint: 'Give `token`.' });
  }
  if (status === 403 || status === 401) {
    return new ModelFetchError('FORBIDDEN', `${what} was refused (${status}).`, {
      hint: 'Check what the token may read.',
    });
  }
  if (status === 404) {
    return new ModelFetchError('FILE_NOT_FOUND', `${what} is in the listing and was not found (404).`, {
      hint: 'The repository may have changed in the meantime: run again.',
    });
  }
  return new ModelFetchError('HUB_PROTOCOL', `${what} was answered with the status ${status}.`, {
    hint: 'Check the endpoint and the proxy.',
  });
}
