// What dead runs left of a file: found, weighed, and claimed by renaming its folder, which only one process can win. A
// mistake here costs time at worst; the final digest decides what is right.

import { chmod, lstat, mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import type { Range } from '../../core/http.ts';
import { identityOf, type RemoteFile, totalBytes } from '../../core/snapshot.ts';
import { isOurs } from '../fs-user.ts';
import { diskError, errnoOf, ifOurs, ifPresent, isAbsent, isForbidden } from '../io-error.ts';
import { type OwnerState, ownerState, releaseOwner, takeOwner } from '../lease/owner.ts';
import { removeLeftover } from '../leftover.ts';
import { platform } from '../platform.ts';
import { untilFresh } from '../stale.ts';
import type { Layout, Partial } from '../store/layout.ts';
import { copyRanges } from './copy-ranges.ts';
import { readJournal } from './journal.ts';
import type { StoreParts } from './publish.ts';

/** A journal that grew within this time belongs to a run that may still be writing. */
const FRESH_MS = 60_000;

/** A partial download of our own. */
export interface OwnPartial extends Partial {
  readonly owner: string;
  /** What is on disk; sorted, disjoint. */
  readonly ranges: readonly Range[];
  /** Bytes that the dead run had written and no journal vouches for, as far as the file system tells. */
  readonly lostBytes: number;
}

interface Candidate extends Partial {
  readonly sizeBytes: number;
  readonly state: OwnerState;
  /** Whether its file belongs to this user: another's may be changed by them at any time, and is not ours to write to. */
  readonly isOwn: boolean;
  readonly ranges: readonly Range[];
  readonly bytes: number;
  /** Of the blocks that the file takes on disk. */
  readonly lostBytes: number;
  readonly ageMs: number;
}

/** Makes a partial of our own: out of the one with most bytes that a dead run of this machine and user left, or with a copy of one that
 * looks abandoned, or empty. @throws DISK_FULL, DISK_IO, ABORTED */
export async function claimPartial(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<OwnPartial> {
  const owner = takeOwner();
  const own = parts.layout.partial(identityOf(file), owner);
  try {
    const candidates = await findCandidates(parts, file);
    const useful = candidates.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
    const taken = await takeFirst(useful, own, signal);
    if (taken === undefined) await mkdir(own.folder, { recursive: true });
    await removeDead(parts.layout, file);
    const dead = candidates.filter(isClaimable);
    return { ...own, owner, ranges: [], lostBytes: Math.max(0, ...dead.map(({ lostBytes }) => lostBytes)), ...taken };
  } catch (error) {
    releaseOwner(owner);
    throw diskError(error, own.folder);
  }
}

/** Bytes that opening the file would claim without needing more space. */
export async function claimableBytes(parts: StoreParts, file: RemoteFile): Promise<number> {
  const dead = (await findCandidates(parts, file)).filter(isClaimable);
  return Math.max(0, ...dead.map(({ bytes }) => bytes));
}

function isClaimable({ state, isOwn }: Candidate): boolean {
  return state === 'dead' && isOwn;
}

async function findCandidates(parts: StoreParts, file: RemoteFile): Promise<Candidate[]> {
  const owners = (await ifOurs(untilFresh(() => readdir(parts.layout.partials(identityOf(file)))))) ?? [];
  const candidates: Candidate[] = [];
  for (const owner of owners) {
    const candidate = await inspect(parts, file, owner).catch((error: unknown) => {
      // Another user's, or no partial at all: what cannot be looked at is of no use.
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    });
    if (candidate !== undefined) candidates.push(candidate);
  }
  return candidates;
}

async function inspect(parts: StoreParts, file: RemoteFile, owner: string): Promise<Candidate | undefined> {
  const { sizeBytes } = file;
  const subject = { digest: identityOf(file), sizeBytes };
  const partial = parts.layout.partial(subject.digest, owner);
  const journal = await ifPresent(lstat(partial.journal));
  const ranges = await readJournal(partial.journal, subject);
  const data = await ifPresent(lstat(partial.data));
  if (journal === undefined || ranges === undefined || !data?.isFile() || data.size !== sizeBytes) return undefined;
  const bytes = totalBytes(ranges.map(({ start, end }) => ({ sizeBytes: end - start })));
  // No blocks where a system does not count them.
  const allocatedBytes = Math.min(sizeBytes, (data.blocks ?? 0) * 512);
  return {
    ...partial,
    sizeBytes,
    state: ownerState(owner),
    isOwn: await isOurs(parts.layout, data),
    ranges,
    bytes,
    lostBytes: Math.max(0, allocatedBytes - bytes),
    ageMs: parts.nowMs() - journal.mtimeMs,
  };
}

async function takeFirst(
  candidates: readonly Candidate[],
  own: Partial,
  signal: AbortSignal,
): Promise<Pick<OwnPartial, 'ranges' | 'lostBytes'> | undefined> {
  for (const candidate of candidates) {
    if (isClaimable(candidate)) {
      if (!(await tryRename(candidate.folder, own.folder))) continue;
      await makeWritable(own.data);
      return { ranges: candidate.ranges, lostBytes: candidate.lostBytes };
    } else if (candidate.state === 'dead' || candidate.ageMs >= FRESH_MS) {
      await mkdir(own.folder, { recursive: true });
      return { ranges: await copyRanges(candidate, own.data, signal), lostBytes: candidate.lostBytes };
    }
  }
  return undefined;
}

/** A run that died in its last moment had made the file read-only already, and so is what was a blob. */
export async function makeWritable(path: string): Promise<void> {
  await chmod(path, platform.copyMode).catch(() => undefined); // Another user's file: opening it will tell whether it may be written.
}

async function tryRename(from: string, to: string): Promise<boolean> {
  try {
    await untilFresh(() => rename(from, to));
    return true;
  } catch (error) {
    // Another process was first, or it is another user's.
    if (isAbsent(error) || isForbidden(error)) return false;
    throw error;
  }
}

// Removes what dead runs of this machine left of a file. Renamed first, so that nobody claims half of it.
async function removeDead(layout: Layout, file: RemoteFile): Promise<void> {
  const digest = identityOf(file);
  for (const name of (await ifOurs(untilFresh(() => readdir(layout.partials(digest))))) ?? []) {
    if (ownerState(name) !== 'dead') continue;
    const owner = takeOwner();
    const { folder } = layout.partial(digest, owner);
    if (await tryRename(layout.partial(digest, name).folder, folder)) await removeLeftover(folder);
    releaseOwner(owner);
  }
}

/** Removes what dead runs of this machine left of a file that is a blob now. @throws the system's own error */
export async function removeLeftovers(layout: Layout, file: RemoteFile): Promise<void> {
  await removeDead(layout, file);
  try {
    await rmdir(layout.partials(identityOf(file)));
  } catch (error) {
    // Another run's partial lies there, or there was none; both are as they should be.
    if (errnoOf(error) === undefined) throw error;
  }
}
