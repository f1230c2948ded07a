// Repositories, branches and tags of the Hugging Face Hub where a release needs them: reading where they point, and making them.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { FoundTag, PushTarget, TagRequest } from '../../core/ports/push.ts';
import { isCommit, type ModelRef, repositoryOf } from '../../core/ref.ts';
import { quote } from '../../core/text/quote.ts';
import type { HuggingfaceApi } from './api.ts';
import { type HuggingfaceTargets, huggingfaceChangeRefusal, huggingfaceTargets } from './push-wire.ts';

/** Branches, tags and pull requests, each with its commit. @throws NOT_FOUND, and as HuggingfaceApi.ask */
export async function readTargets(
  api: HuggingfaceApi,
  ref: ModelRef,
  signal: AbortSignal,
): Promise<HuggingfaceTargets> {
  const { data } = await api.ask(ref, `${api.apiUrl(ref)}/refs?include_prs=1`, huggingfaceTargets, signal);
  return data;
}

/** The commit that a name of the list points at. */
export function commitOf(targets: HuggingfaceTargets['branches'], name: string): string | undefined {
  const commit = targets?.find((target) => target.name === name)?.targetCommit?.toLowerCase();
  return isCommit(commit) ? commit : undefined;
}

/** Whether the token may write (huggingface.md 1.3). @throws READ_ONLY */
export async function checkRights(api: HuggingfaceApi, ref: ModelRef, signal: AbortSignal): Promise<void> {
  const question = api.question(`publishing to ${repositoryOf(ref)}`, ref);
  const request = { method: 'GET', url: `${api.apiUrl(ref)}/auth-check/write` } as const;
  await api.tell({ request, judge: (answer) => rightsRefusal(huggingfaceChangeRefusal(answer, question)) }, signal);
}

// A mirror may not know the question; then the hub decides when something is sent.
function rightsRefusal(refusal: ModelFetchError | undefined): ModelFetchError | undefined {
  return refusal !== undefined && ['READ_ONLY', 'FORBIDDEN', 'QUOTA'].includes(refusal.code) ? refusal : undefined;
}

/** Makes the repository; fine when it is there (huggingface.md 5.1). @throws BUSY, READ_ONLY, QUOTA, REFUSED */
export async function makeRepository(api: HuggingfaceApi, target: PushTarget, signal: AbortSignal): Promise<void> {
  const { ref, visibility, license } = target;
  const segments = ref.repo.split('/');
  const name = segments.at(-1) ?? ref.repo;
  const [organization] = segments.length > 1 ? segments : [];
  await change(
    api,
    ref,
    {
      subject: `making ${repositoryOf(ref)}`,
      url: `${api.endpoint}/api/repos/create`,
      body: {
        name,
        ...(organization === undefined ? {} : { organization }),
        type: ref.kind,
        ...(visibility === undefined ? {} : { visibility }),
        ...(license === undefined ? {} : { license }),
      },
      hint: `Give a token that may make repositories${organization === undefined ? '' : ` of ${organization}`}, or make this one on the hub’s page first.`,
    },
    signal,
  );
}

/** Makes a branch; fine when it is there (huggingface.md 5.2). */
export async function makeBranch(
  api: HuggingfaceApi,
  ref: ModelRef,
  { name, start }: { name: string; start: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const url = `${api.apiUrl(ref)}/branch/${encodeURIComponent(name)}`;
  const body = start === undefined ? {} : { startingPoint: start };
  await change(api, ref, { subject: `making the branch ${quote(name)}`, url, body }, signal);
}

interface Making {
  readonly subject: string;
  readonly url: string;
  readonly body: object;
  /** What to do when the token may not, where that is not the usual. */
  readonly hint?: string;
}

async function change(
  api: HuggingfaceApi,
  ref: ModelRef,
  { subject, url, body, hint }: Making,
  signal: AbortSignal,
): Promise<void> {
  const question = api.question(subject, ref);
  const request = { method: 'POST', url, headers: JSON_TYPE, body: JSON.stringify(body) } as const;
  // What is there already may be our own, made by a try whose answer was lost.
  const judge = (answer: Parameters<typeof huggingfaceChangeRefusal>[0]) => {
    const refusal = huggingfaceChangeRefusal(answer, question);
    if (refusal?.code === 'READ_ONLY' && hint !== undefined)
      return new ModelFetchError('READ_ONLY', refusal.message, { hint });
    return codeOf(refusal) === 'CONFLICT' ? undefined : refusal;
  };
  await api.tell({ request, judge }, signal);
}

const JSON_TYPE = { accept: 'application/json', 'content-type': 'application/json' };

export async function findHuggingfaceTag(
  api: HuggingfaceApi,
  ref: ModelRef,
  name: string,
  signal: AbortSignal,
): Promise<FoundTag | undefined> {
  const { tags } = await readTargets(api, ref, signal);
  return tags?.some((tag) => tag.name === name) ? { revision: commitOf(tags, name) } : undefined;
}

/** @throws CONFLICT when the tag names another commit, and as Push.tag */
export async function tagHuggingface(
  api: HuggingfaceApi,
  ref: ModelRef,
  { name, revision, move }: TagRequest & { readonly revision: string },
  signal: AbortSignal,
): Promise<'made' | 'kept' | 'moved'> {
  const found = await findHuggingfaceTag(api, ref, name, signal);
  if (found?.revision === revision) return 'kept';
  if (found !== undefined && !move) throw tagConflict(ref, name, found);
  const subject = `the tag ${quote(name)}`;
  if (found !== undefined) await dropTag(api, ref, name, signal);
  const url = `${api.apiUrl(ref)}/tag/${encodeURIComponent(revision)}`;
  await change(api, ref, { subject, url, body: { tag: name } }, signal);
  const made = await findHuggingfaceTag(api, ref, name, signal);
  // A list that does not show it yet is only late.
  if (made !== undefined && made.revision !== revision) throw tagConflict(ref, name, made);
  return found === undefined ? 'made' : 'moved';
}

async function dropTag(api: HuggingfaceApi, ref: ModelRef, name: string, signal: AbortSignal): Promise<void> {
  const question = api.question(`moving the tag ${quote(name)}`, ref);
  const request = { method: 'DELETE', url: `${api.apiUrl(ref)}/tag/${encodeURIComponent(name)}` } as const;
  const judge = (answer: Parameters<typeof huggingfaceChangeRefusal>[0]) => {
    const refusal = huggingfaceChangeRefusal(answer, question);
    // It is gone: by an earlier try, or by somebody else.
    return ['NOT_FOUND', 'REVISION_NOT_FOUND', 'CONFLICT'].includes(codeOf(refusal) ?? '') ? undefined : refusal;
  };
  await api.tell({ request, judge }, signal);
}

function tagConflict(ref: ModelRef, name: string, found: FoundTag | undefined): ModelFetchError {
  const where = found?.revision === undefined ? 'another commit' : found.revision.slice(0, 12);
  return new ModelFetchError('CONFLICT', `The tag ${quote(name)} of ${repositoryOf(ref)} is on ${where}.`, {
    hint: 'Choose another name for the tag, or allow it to be moved with `move-tag`.',
  });
}
