// What hubs said, kept beside the content and read back. Losing any of it costs a request, so nothing here fails a run.

import { codeOf, familyOf } from '../../core/errors.ts';
import type { Emit } from '../../core/events.ts';
import type { Shelf, Store } from '../../core/ports.ts';
import { isCommit } from '../../core/ref.ts';
import type { Listing } from '../../core/snapshot.ts';
import {
  headName,
  headText,
  listingName,
  listingText,
  parseHead,
  parseListing,
  type Subject,
} from '../../core/store/kept.ts';

export interface RecallDependencies {
  readonly store: Pick<Store, 'shelf'>;
  readonly emit: Emit;
}

/** The kept listing of one state. */
export async function recallListing(
  subject: Subject,
  revision: string,
  deps: RecallDependencies,
): Promise<Listing | undefined> {
  const text = await read(listingName(subject, revision), deps);
  return text === undefined ? undefined : parseListing(subject, revision, text);
}

/** The kept listing of what the reference meant last on this machine. */
export async function recallLast(subject: Subject, deps: RecallDependencies): Promise<Listing | undefined> {
  const { revision } = subject.ref;
  if (isCommit(revision)) return await recallListing(subject, revision, deps);
  const text = await read(headName(subject), deps);
  const head = text === undefined ? undefined : parseHead(subject, text);
  return head === undefined ? undefined : await recallListing(subject, head, deps);
}

/** Keeps a listing that a hub has just given, and what the reference means by now. */
export async function keepListing(subject: Subject, listing: Listing, deps: RecallDependencies): Promise<void> {
  const text = listingText(subject, listing);
  if (text === undefined) return;
  await orNotice('kept', deps, async (shelf) => {
    await shelf.write(listingName(subject, listing.revision), text);
    if (!isCommit(subject.ref.revision)) await shelf.write(headName(subject), headText(subject, listing.revision));
  });
}

/** Lets the next run ask the hub again. */
export async function forgetListing(subject: Subject, revision: string, deps: RecallDependencies): Promise<void> {
  await orNotice('forgotten', deps, (shelf) => shelf.forget(listingName(subject, revision)));
}

async function read(name: string, deps: RecallDependencies): Promise<string | undefined> {
  return await orNotice('read', deps, (shelf) => shelf.read(name));
}

// A store that may only be read, or a full disk, still serves.
async function orNotice<T>(
  what: string,
  { store, emit }: RecallDependencies,
  work: (shelf: Shelf) => Promise<T>,
): Promise<T | undefined> {
  try {
    return await work(store.shelf);
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined || familyOf(code) !== 'disk') throw error;
    emit({ type: 'notice', message: `What the hub said could not be ${what}: ${String(error)}` });
    return undefined;
  }
}
