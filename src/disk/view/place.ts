// Puts one file of a view in its place, in one step: a private name beside it, then a rename over whatever is there.

import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ModelFetchError } from '../../core/errors.ts';
import type { Placed, ViewFile } from '../../core/ports.ts';
import { isAbsent } from '../io-error.ts';
import { linkFile } from '../link-file.ts';
import { inFolderOf, moveLinkOver } from '../move-file.ts';
import { withFound } from '../store/found.ts';
import { sameInode, stampOf } from '../store/stamp.ts';
import { hardLink } from '../swift-steps.ts';
import type { PlacedEntry } from './manifest.ts';

export type ViewMethod = Placed['method'];

interface Placing {
  readonly root: string;
  readonly file: ViewFile;
  readonly blobPath: string;
  /** What an earlier run put there, untouched since. */
  readonly before: PlacedEntry | undefined;
  readonly privateName: string;
}

/** @returns the entry for the record; `none` when what was there is right. @throws the system's own error, DISK_IO */
export async function placeFile(
  placing: Placing,
): Promise<{ readonly entry: PlacedEntry; readonly method: ViewMethod }> {
  const { root, file, blobPath, before } = placing;
  if (before !== undefined && (await isCurrent(before, file, blobPath))) return { entry: before, method: 'none' };
  const target = join(root, file.path);
  const method = await withFound(() => inFolderOf(target, () => putThere(placing, target)));
  const stamp = await stampOf(target);
  if (stamp === undefined) throw goneFile(file);
  if (stamp.sizeBytes !== file.blob.sizeBytes) throw tornBlob(file, stamp.sizeBytes);
  return { entry: { ...stamp, path: file.path, sha256: file.blob.sha256, linked: method === 'hardlink' }, method };
}

async function putThere({ blobPath, privateName }: Placing, target: string): Promise<Placed['method']> {
  if (await tryLinkInto(blobPath, target)) return 'hardlink';
  const privatePath = join(dirname(target), privateName);
  try {
    const method = await linkFile(blobPath, privatePath);
    // In place of a file of many bytes this can take long: the system may write out the new one first.
    await moveLinkOver(privatePath, target, rename);
    return method;
  } catch (error) {
    await rm(privatePath, { force: true });
    throw error;
  }
}

// Where nothing lies yet, one link is one step.
async function tryLinkInto(blobPath: string, target: string): Promise<boolean> {
  try {
    await hardLink(blobPath, target);
    return true;
  } catch (error) {
    if (isAbsent(error)) throw error;
    return false;
  }
}

// A blob that was fetched anew is another file than the one that the view still links to.
async function isCurrent(before: PlacedEntry, file: ViewFile, blobPath: string): Promise<boolean> {
  if (before.sha256 !== file.blob.sha256) return false;
  if (!before.linked) return true;
  const blob = await stampOf(blobPath);
  return blob !== undefined && sameInode(blob, before);
}

function tornBlob(file: ViewFile, sizeBytes: number): ModelFetchError {
  return new ModelFetchError(
    'DISK_IO',
    `The bytes of "${file.path}" should be ${file.blob.sizeBytes} and became ${sizeBytes} on the way.`,
    {
      hint: 'Something else changed the store meanwhile; run again with full verification.',
    },
  );
}

// Where a file that is open lives until it is closed, its end takes the name along, whatever has it by then.
function goneFile(file: ViewFile): ModelFetchError {
  return new ModelFetchError('DISK_IO', `"${file.path}" was gone as soon as it had been placed.`, {
    hint: 'Close the program that still had it open, if there was one, and run again.',
  });
}

const COST: readonly ViewMethod[] = ['none', 'hardlink', 'reflink', 'copy'];

/** The one of both that costs more space. */
export function worseMethod(a: ViewMethod, b: ViewMethod): ViewMethod {
  return COST.indexOf(a) > COST.indexOf(b) ? a : b;
}
