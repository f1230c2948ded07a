// Which pull requests are this program's own: opened by the same account, and marked in their description. Nobody else's is touched.

import { randomUUID } from 'node:crypto';
import { codeOf, type ErrorCode } from '../../core/errors.ts';
import { ALL_PAGES, descriptionOf, listOpen, openDraft, orNothing, type Place, readDiscussion } from './discussion.ts';
import { huggingfaceIdentity } from './push-wire.ts';

/** What a pull request is for: to be merged by somebody, or to carry a release of several commits for some minutes. */
export type Purpose = 'proposal' | 'stage';

export interface Own {
  readonly number: number;
  readonly isDraft: boolean;
}

/** The line of a description that tells what a pull request is for, and which folder of the repository it fills. */
export function markOf(purpose: Purpose, folder: string | undefined): string {
  return `model-fetch ${purpose} of ${JSON.stringify(`/${folder ?? ''}`).replaceAll('`', "'")}`;
}

/** Whether a line of the description begins with the mark. */
export function isMarked(description: string, mark: string): boolean {
  return description.split('\n').some((line) => line.startsWith(`\`${mark} `));
}

/** The newest open pull request that an earlier run opened under the same account, with this mark; undefined also where the hub does
 * not tell whose the token is. */
export async function findOwn(place: Place, mark: string, signal: AbortSignal): Promise<Own | undefined> {
  const account = await accountOf(place, signal);
  if (account === undefined) return undefined;
  const rows = await orNothing(listOpen(place, { author: account, pages: ALL_PAGES }, signal));
  for (const { num, status } of rows ?? []) {
    const details = await orNothing(readDiscussion(place, num, signal));
    if (details !== undefined && isMarked(descriptionOf(details), mark))
      return { number: num, isDraft: status === 'draft' };
  }
  return undefined;
}

// huggingface.md 1.3
async function accountOf({ api, ref }: Place, signal: AbortSignal): Promise<string | undefined> {
  return (await orNothing(api.ask(ref, `${api.endpoint}/api/whoami-v2`, huggingfaceIdentity, signal)))?.data.name;
}

/** Opens one draft, however often it is asked to. */
export interface Opener {
  /** The draft's number. Title and description are the message's.
   * @throws as openDraft; after a failure that leaves it open whether there is one, the next call looks first */
  open(message: string, signal: AbortSignal): Promise<number>;
  /** The number of the one that a failed call opened after all. */
  find(signal: AbortSignal): Promise<number | undefined>;
}

/** After these it may have been opened. */
const DOUBTFUL: ReadonlySet<ErrorCode | undefined> = new Set(['NETWORK', 'TIMEOUT', 'STALLED', 'SERVER']);

export interface Opening {
  readonly mark: string;
  readonly purpose: Purpose;
}

export function createOpener(place: Place, { mark, purpose }: Opening): Opener {
  // Tells this try from those of other runs.
  const line = `${mark} ${randomUUID()}`;
  let isDoubtful = false;
  const find = async (signal: AbortSignal) => {
    // It is among the newest, since it was opened just now.
    const rows = isDoubtful ? await orNothing(listOpen(place, { pages: 1 }, signal)) : undefined;
    for (const { num } of rows?.filter(({ status }) => status === 'draft') ?? []) {
      if (descriptionOf(await readDiscussion(place, num, signal)).includes(line)) return num;
    }
    return undefined;
  };
  return {
    find,
    async open(message, signal) {
      try {
        const number =
          (await find(signal)) ??
          (await openDraft(place, wordsOf(message, `${ABOUT[purpose]}\n\n\`${line}\``), signal));
        isDoubtful = false;
        return number;
      } catch (error) {
        isDoubtful ||= DOUBTFUL.has(codeOf(error));
        throw error;
      }
    },
  };
}

const ABOUT: Readonly<Record<Purpose, string>> = {
  proposal: 'Opened by a run that publishes. As long as this is open, later runs go on here.',
  stage:
    'Collects the commits of a release, and is merged by the run that opened it. If that run is gone, it can be closed.',
};

/** Of the 65,536 characters that the hub takes. */
const OWN_WORDS = 60_000;

// The hub takes titles of 3 to 200 characters.
function wordsOf(message: string, about: string): { title: string; description: string } {
  const [first = '', ...rest] = message.split('\n');
  const title = first.trim().length < 3 ? `Release ${first.trim()}`.trim() : [...first.trim()].slice(0, 200).join('');
  const own = rest.join('\n').trim().slice(0, OWN_WORDS);
  return { title, description: own === '' ? about : `${own}\n\n${about}` };
}
