// Pull requests of the Hugging Face Hub, which are discussions there: listed, read, opened, merged, closed. One request each; what they
// are for is told elsewhere.

import * as v from 'valibot';
import { codeOf, type ErrorCode, ModelFetchError } from '../../core/errors.ts';
import type { ModelRef } from '../../core/ref.ts';
import { parseJson } from '../border.ts';
import { gatewayTimeout } from '../push-rules.ts';
import type { HuggingfaceApi } from './api.ts';
import {
  type HuggingfaceDetails,
  type HuggingfaceDiscussion,
  huggingfaceChangeRefusal,
  huggingfaceDetails,
  huggingfaceDiscussions,
  huggingfaceOpened,
} from './push-wire.ts';

export interface Place {
  readonly api: HuggingfaceApi;
  readonly ref: ModelRef;
}

/** The name of the ref that a pull request's commits are pushed to (huggingface.md 5.2). */
export function refOf(number: number): string {
  return `refs/pr/${number}`;
}

export function discussionPage({ api, ref }: Place, number: number): string {
  return `${api.pageUrl(ref)}/discussions/${number}`;
}

interface Wanted {
  /** Only those of this account; the hub filters, and it is looked at again. */
  readonly author?: string;
  readonly pages: number;
}

/** Pull requests that are neither closed nor merged, drafts among them, newest first. */
export async function listOpen(place: Place, { author, pages }: Wanted, signal: AbortSignal) {
  const found: HuggingfaceDiscussion[] = [];
  let seen = 0;
  for (let page = 0; page < pages; page += 1) {
    const query = new URLSearchParams({ type: 'pull_request', status: 'open', p: String(page) });
    if (author !== undefined) query.set('author', author);
    const url = `${discussionsUrl(place)}?${query}`;
    const { discussions, count } = (await place.api.ask(place.ref, url, huggingfaceDiscussions, signal)).data;
    found.push(...discussions);
    seen += discussions.length;
    if (discussions.length === 0 || seen >= (count ?? 0)) break;
  }
  const meant = found.filter((row) => isOpen(row) && (author === undefined || row.author?.name === author));
  return meant.toSorted((a, b) => b.num - a.num);
}

/** More pages than an account has open in one repository. */
export const ALL_PAGES = 20;

function isOpen({ status, isPullRequest }: HuggingfaceDiscussion): boolean {
  return isPullRequest !== false && (status === 'open' || status === 'draft');
}

export async function readDiscussion(place: Place, number: number, signal: AbortSignal): Promise<HuggingfaceDetails> {
  return (await place.api.ask(place.ref, `${discussionsUrl(place)}/${number}`, huggingfaceDetails, signal)).data;
}

/** What its author wrote when it was opened; empty where the hub does not tell. */
export function descriptionOf({ events }: HuggingfaceDetails): string {
  return events?.find(({ type }) => type === 'comment')?.data?.latest?.raw ?? '';
}

/** Opens a draft at the head of the default branch (huggingface.md 5.2). Sent once. @returns its number */
export async function openDraft(
  place: Place,
  { title, description }: { readonly title: string; readonly description: string },
  signal: AbortSignal,
): Promise<number> {
  const body = { title, description, pullRequest: true };
  const answer = await post(place, { path: '', body, isOnce: true }, signal);
  const said = v.safeParse(huggingfaceOpened, parseJson(answer.text));
  if (said.success) return said.output.num;
  // A page in place of an answer comes from something in between: the hub behind it may have done what was asked.
  throw unclear('Whether a pull request was opened is not known: the answer cannot be read.');
}

function unclear(message: string): ModelFetchError {
  return new ModelFetchError('SERVER', message, { hint: 'See whether a proxy or a login page stands before the hub.' });
}

/** Gives it another title, of 3 to 200 characters. */
export async function rename(
  place: Place,
  { number, title }: { readonly number: number; readonly title: string },
  signal: AbortSignal,
): Promise<void> {
  await post(place, { path: `/${number}/title`, body: { title } }, signal);
}

interface StatusChange {
  readonly number: number;
  readonly status: 'open' | 'closed';
}

/** Makes a draft an open pull request, or closes one. Fine when it is so already. */
export async function setStatus(place: Place, { number, status }: StatusChange, signal: AbortSignal): Promise<void> {
  try {
    await post(place, { path: `/${number}/status`, body: { status } }, signal);
  } catch (error) {
    if (signal.aborted || !['REFUSED', 'CONFLICT'].includes(codeOf(error) ?? '')) throw error;
    // It may be what a try made of it whose answer was lost.
    if ((await orNothing(readDiscussion(place, number, signal)))?.status !== status) throw error;
  }
}

/** Merges an open pull request into the default branch. Sent once.
 * @returns what is known of it then; undefined where the hub does not tell
 * @throws SERVER when it is not merged although nothing was refused */
export async function mergeDiscussion(
  place: Place,
  number: number,
  signal: AbortSignal,
): Promise<HuggingfaceDetails | undefined> {
  await post(place, { path: `/${number}/merge`, body: {}, isOnce: true }, signal);
  const details = await orNothing(readDiscussion(place, number, signal));
  if (details === undefined || details.status === 'merged') return details;
  throw unclear(`${discussionPage(place, number)} is not merged yet, and nobody says why.`);
}

interface Posted {
  readonly path: string;
  readonly body: object;
  readonly isOnce?: boolean;
}

async function post(place: Place, { path, body, isOnce = false }: Posted, signal: AbortSignal) {
  const { api, ref } = place;
  const question = api.question('the pull request', ref);
  const headers = { accept: 'application/json', 'content-type': 'application/json' };
  const request = {
    method: 'POST',
    url: `${discussionsUrl(place)}${path}`,
    headers,
    body: JSON.stringify(body),
  } as const;
  const judge = (text: Parameters<typeof huggingfaceChangeRefusal>[0]) =>
    (isOnce ? gatewayTimeout(text) : undefined) ?? withHint(huggingfaceChangeRefusal(text, question));
  return api.tell({ request, isOnce, judge }, signal);
}

// A repository can be without pull requests, and rights to them may be apart from those to branches.
function withHint(refusal: ModelFetchError | undefined): ModelFetchError | undefined {
  if (refusal === undefined || !['READ_ONLY', 'NOT_FOUND', 'REFUSED'].includes(refusal.code)) return refusal;
  return new ModelFetchError(refusal.code, refusal.message, {
    cause: refusal,
    hint: 'See whether the repository has pull requests turned on, and whether the token may open and merge them.',
  });
}

function discussionsUrl({ api, ref }: Place): string {
  return `${api.apiUrl(ref)}/discussions`;
}

/** A mirror, or a repository without discussions, may not know the question; a token may not be allowed to ask it. */
const NOT_TOLD: ReadonlySet<ErrorCode | undefined> = new Set([
  'NOT_FOUND',
  'FORBIDDEN',
  'AUTH_REQUIRED',
  'HUB_PROTOCOL',
]);

/** What was asked for, where the hub tells it. */
export async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!NOT_TOLD.has(codeOf(error))) throw error;
    return undefined;
  }
}
