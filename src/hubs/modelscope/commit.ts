// One commit to ModelScope: its actions, its one request, and what the answer says happened.

import { hexOf } from '../../core/digest.ts';
import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpBody, HttpText } from '../../core/http.ts';
import type { Change, Ticket } from '../../core/ports/push.ts';
import { isCommit, type ModelRef } from '../../core/ref.ts';
import { printable } from '../../core/repo-path.ts';
import { believe } from '../border.ts';
import { type InlinePiece, inlineBody } from '../inline-body.ts';
import { gatewayTimeout } from '../push-rules.ts';
import type { ModelscopeApi } from './api.ts';
import { reposUrl } from './offer.ts';
import { modelscopeChangeRefusal, modelscopeCommitted } from './push-wire.ts';
import { readEnvelope } from './wire.ts';

export interface CommitPlace {
  readonly api: ModelscopeApi;
  readonly ref: ModelRef;
  readonly branch: string;
}

/** Sends the commit once.
 * @returns the commit, where the answer names it
 * @throws as Push.commit */
export async function commitModelscope(
  { api, ref, branch }: CommitPlace,
  change: Change,
  signal: AbortSignal,
): Promise<string | undefined> {
  const question = api.question('the commit');
  const name = branch.split('/').map(encodeURIComponent).join('/');
  const request = {
    method: 'POST',
    url: reposUrl(api, ref, `/commit/${name}`),
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: commitBody(change),
  } as const;
  const judge = (answer: HttpText) => gatewayTimeout(answer) ?? modelscopeChangeRefusal(answer, question);
  const answer = await api.tell({ request, isOnce: true, judge }, signal);
  const data = believe(modelscopeCommitted, readEnvelope(answer.text)?.Data, question);
  const named = data?.oid ?? (typeof data?.commit === 'string' ? data.commit : data?.commit?.id);
  const commit = named?.toLowerCase();
  return isCommit(commit) ? commit : undefined;
}

/** Whether the refusal may also stand for a path to delete that is gone: the same words say that commits come too fast
 * (modelscope.md 5.9, 6). */
export function isAmbiguous(error: unknown, { deletes }: Change): boolean {
  return codeOf(error) === 'BUSY' && deletes.length > 0 && error instanceof Error && /policy/i.test(error.message);
}

/** The error for paths to delete that are gone. */
export function goneError(paths: readonly string[]): ModelFetchError {
  const shown = paths.slice(0, 3).map(printable).join(', ');
  return new ModelFetchError('CONFLICT', `What is to be deleted is not there any more: ${shown}.`, {
    hint: 'The repository changed since it was listed; run again.',
  });
}

/** The body of modelscope.md 5.6. Content of files is streamed into it. */
export function commitBody({ tickets, deletes, message }: Change): HttpBody {
  const actions: InlinePiece[][] = [...tickets.flatMap(createAction), ...deletes.map((path) => [deleteAction(path)])];
  const joined = actions.flatMap((pieces, index) => (index === 0 ? pieces : [',', ...pieces]));
  return inlineBody([`{"commit_message":${JSON.stringify(message)},"actions":[`, ...joined, ']}']);
}

function createAction({ kind, file }: Ticket): InlinePiece[][] {
  const { path, sizeBytes: size, digests } = file;
  if (kind === 'ignored' || kind === 'kept') return [];
  const base = { action: 'create', path, type: kind === 'inline' ? 'normal' : 'lfs', size };
  if (kind !== 'inline')
    return [[JSON.stringify({ ...base, sha256: hexOf(digests.sha256), content: '', encoding: '' })]];
  const head = JSON.stringify({ ...base, sha256: '', encoding: 'base64' });
  return [[`${head.slice(0, -1)},"content":"`, file, '"}']];
}

function deleteAction(path: string): string {
  return JSON.stringify({ action: 'delete', path, type: 'normal', size: 0, sha256: '', content: '', encoding: '' });
}
