// Which pull requests are this program's own: opened by the same account, and marked in their description. Nobody else's is touched.

import { randomUUID } from 'node:crypto';
import { codeOf, type ErrorCode } from '../../core/errors.ts';
import {
  ALL_PAGES,
  descriptionOf,
  listOpen,
  openDraft,
  orNothing,
  type Place,
  readDiscussion,
  rename,
} from './discussion.ts';
import { huggingfaceIdentity } from './push-wire.ts';

/** What a pull request is for: to be merged by somebody, or to carry a release of several commits for some minutes. */
export type Purpose = 'proposal' | 'stage';

export interface Own {
  readonly number: number;
  readonly isDraft: boolean;
}

const PROGRAM = 'model-fetch';

/** The line of a description that tells what a pull request is for, and which folder of the repository it fills. */
export function markOf(purpose: Purpose, folder: string | undefined): string {
  return `${PROGRAM} ${purpose} of ${JSON.stringify(`/${folder ?? ''}`).replaceAll('`', "'")}`;
}

/** Whether the description has this mark. The last one counts: before it are the words of the release, which may be anybody’s. */
export function isMarked(description: string, mark: string): boolean {
  const last = description.split('\n').findLast((line) => line.startsWith(`\`${PROGRAM} `));
  return last?.startsWith(`\`${mark} `) === true;
}

/** Of the open pull requests that runs opened under the same account, with this mark, the first: so runs that opened two at once agree on
 * one. Undefined also where the hub does not tell whose the token is. */
export async function findOwn(place: Place, mark: string, signal: AbortSignal): Promise<Own | undefined> {
  const account = await accountOf(place, signal);
  if (account === undefined) return undefined;
  const rows = await orNothing(listOpen(place, { author: account, pages: ALL_PAGES }, signal));
  for (const { num, status } of rows?.toReversed() ?? []) {
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

/** Opens one draft, however often it is asked to, until that is taken. */
export interface Opener {
  /** The draft's number. Title and description are the message's.
   * @throws as openDraft; after a failure that leaves it open whether there is one, the next call looks first */
  open(message: string, signal: AbortSignal): Promise<number>;
  /** The number of the one that was opened and is not taken, also by a call that failed. */
  find(signal: AbortSignal): Promise<number | undefined>;
  /** It has its use, or none any more: another may be opened. */
  take(): void;
}

/** After these it may have been opened. */
const DOUBTFUL: ReadonlySet<ErrorCode | undefined> = new Set(['NETWORK', 'TIMEOUT', 'STALLED', 'SERVER', 'ABORTED']);

export interface Opening {
  readonly mark: string;
  readonly purpose: Purpose;
}

export function createOpener(place: Place, { mark, purpose }: Opening): Opener {
  // Tells this try from those of other runs.
  const line = `${mark} ${randomUUID()}`;
  let opened: number | undefined;
  let isDoubtful = false;
  const look = async (signal: AbortSignal) => {
    // It is among the newest, since it was opened just now.
    const rows = isDoubtful ? await orNothing(listOpen(place, { pages: 1 }, signal)) : undefined;
    for (const { num } of rows?.filter(({ status }) => status === 'draft') ?? []) {
      if (descriptionOf(await readDiscussion(place, num, signal)).includes(line)) return num;
    }
    return undefined;
  };
  const find = async (signal: AbortSignal) => {
    opened ??= await look(signal);
    return opened;
  };
  return {
    find,
    async open(message, signal) {
      try {
        opened =
          (await find(signal)) ??
          (await openDraft(place, wordsOf(message, `${ABOUT[purpose]}\n\n\`${line}\``), signal));
        return opened;
      } catch (error) {
        isDoubtful ||= DOUBTFUL.has(codeOf(error));
        throw error;
      }
    },
    take() {
      opened = undefined;
      isDoubtful = false;
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
function titleOf(message: string): string {
  const [first = ''] = message.split('\n');
  return first.trim().length < 3 ? `Release ${first.trim()}`.trim() : [...first.trim()].slice(0, 200).join('');
}

function wordsOf(message: string, about: string): { title: string; description: string } {
  const own = message.split('\n').slice(1).join('\n').trim().slice(0, OWN_WORDS);
  return { title: titleOf(message), description: own === '' ? about : `${own}\n\n${about}` };
}

/** Gives a pull request that is gone on with the title of what it holds now. One that somebody else gave it stays. */
export async function retitle(
  place: Place,
  { number, message }: { readonly number: number; readonly message: string },
  signal: AbortSignal,
): Promise<void> {
  const title = titleOf(message);
  const { title: given, author, events } = await readDiscussion(place, number, signal);
  const isTheirs = events?.some((event) => event.type === 'title-change' && event.author?.name !== author?.name);
  if (given !== title && isTheirs !== true) await rename(place, { number, title }, signal);
}
