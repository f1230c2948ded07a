// A view that is a plain folder: every file of the snapshot under its own path, as a link to its blob. Changes nothing that
// it did not put there, but for what lies at a wanted path.

import { lstat, mkdir, realpath, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ModelFetchError } from '../../core/errors.ts';
import type { Placed, Store, Verify, View, ViewFile } from '../../core/ports.ts';
import { formatRef } from '../../core/ref.ts';
import { type RepoPath, unsafe } from '../../core/repo-path.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { drawVerify } from '../../core/store/sampling.ts';
import { throwIfAborted } from '../abort.ts';
import { ifPresent, onDisk } from '../io-error.ts';
import { releaseOwner } from '../lease/owner.ts';
import { platform } from '../platform.ts';
import { type PlacedEntry, writeManifest } from './manifest.ts';
import { placeFile, worseMethod } from './place.ts';
import { removeStale } from './remove.ts';
import { type Survey, survey, takePrivateName } from './survey.ts';

export interface FolderViewOptions {
  readonly store: Pick<Store, 'pathOf'>;
  /** With `full` a file that is a copy is made anew, since only a link is proved together with its blob; with `sample`, one that the dice
   * choose. `receipt` unless given. */
  readonly verify?: Verify | 'sample';
  /** The dice: in [0, 1). */
  readonly random?: () => number;
}

/** What one call of `place` works on. */
interface Showing {
  readonly root: string;
  readonly snapshot: Snapshot;
  readonly files: readonly ViewFile[];
  readonly found: Survey;
  /** What the record will say; grows and shrinks with what is done. */
  readonly entries: Map<string, PlacedEntry>;
  isTrusted(entry: PlacedEntry): boolean;
  /** Free in every folder of the view. */
  readonly privateName: string;
}

export function createFolderView({ store, verify = 'receipt', random = Math.random }: FolderViewOptions): View {
  const isTrusted = createTrust(verify, random);
  return {
    async inspect(folder) {
      const { placed, foreign } = await onDisk(folder, async () => survey(await rootOf(folder)));
      const contents = [...placed].map(([path, entry]) => [path, isTrusted(entry) ? entry.sha256 : ''] as const);
      return { placed: new Map(contents), foreign };
    },
    async check(folder, paths) {
      const { name, owner } = takePrivateName();
      try {
        await onDisk(folder, async () => refuseUnsafe(await rootOf(folder), paths, name));
      } finally {
        releaseOwner(owner);
      }
    },
    pathIn: (folder, path) => join(resolve(folder), path),
    async place(folder, snapshot, files, signal) {
      throwIfAborted(signal);
      return await onDisk(folder, async () => {
        const root = await rootOf(folder);
        const { name, owner } = takePrivateName();
        const paths = files.map(({ path }) => path);
        await refuseUnsafe(root, paths, name);
        await mkdir(root, { recursive: true });
        const found = await survey(root);
        const entries = new Map(found.placed);
        const showing = { root, snapshot, files, found, entries, isTrusted, privateName: name };
        return await recorded(showing, () => show(showing, store, signal)).finally(() => releaseOwner(owner));
      });
    },
  };
}

// What was decided of a file once holds for the run: to look and to place are two steps.
function createTrust(verify: Verify | 'sample', random: () => number): (entry: PlacedEntry) => boolean {
  const drawn = new Map<string, boolean>();
  return ({ linked, dev, ino }) => {
    if (linked) return true;
    const isTrusted = drawn.get(`${dev} ${ino}`) ?? drawVerify(verify, random()) === 'receipt';
    drawn.set(`${dev} ${ino}`, isTrusted);
    return isTrusted;
  };
}

// The folder itself may be reached through a link, which is the user's choice; nothing below it may.
async function rootOf(folder: string): Promise<string> {
  return (await ifPresent(realpath(folder))) ?? resolve(folder);
}

/** Looks at everything that could be refused before anything is changed. */
async function refuseUnsafe(root: string, paths: readonly RepoPath[], privateName: string): Promise<void> {
  const parents = new Set<string>();
  for (const path of paths) {
    const target = join(root, path);
    if (platform.isTooLong(target) || platform.isTooLong(join(dirname(target), privateName))) {
      throw unsafe(`"${path}" below "${root}" makes a path that is longer than this system allows.`);
    }
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) parents.add(path.slice(0, end));
  }
  for (const parent of parents) {
    const stat = await ifPresent(lstat(join(root, parent)));
    if (stat?.isSymbolicLink()) {
      throw new ModelFetchError(
        'UNSAFE_PATH',
        `"${parent}" in "${root}" is a symbolic link, and files are not written through it.`,
        {
          hint: 'Remove the link, or choose another `path`.',
        },
      );
    }
  }
}

/** Runs the work, and records what it did even when it fails halfway, so that the next run knows these files as ours. */
async function recorded<T>(showing: Showing, work: () => Promise<T>): Promise<T> {
  const { root, snapshot, entries, privateName } = showing;
  const about = { snapshotId: snapshot.id, ref: formatRef(snapshot.ref) };
  const record = () => writeManifest(root, about, entries.values(), join(root, privateName));
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await record().catch(() => undefined); // The first failure is the one to tell.
    throw error;
  }
  await record();
  return result;
}

// Removing comes first: what the snapshot no longer has may lie where it now has a folder, or differ in case only.
async function show(showing: Showing, store: Pick<Store, 'pathOf'>, signal: AbortSignal): Promise<Placed> {
  const { root, snapshot, files, found, entries, isTrusted, privateName } = showing;
  const wanted = new Set<string>([...snapshot.files, ...files].map(({ path }) => path));
  for (const path of found.leftovers) await rm(join(root, path), { force: true });
  const removed = await removeStale(root, entries, wanted, signal);
  const kept: RepoPath[] = [];
  const linked: RepoPath[] = [];
  let method: Placed['method'] = 'none';
  for (const file of files) {
    throwIfAborted(signal);
    const entry = entries.get(file.path);
    const before = entry !== undefined && isTrusted(entry) ? entry : undefined;
    const placing = { root, file, blobPath: store.pathOf(file.blob), before, privateName };
    const placed = await onDisk(join(root, file.path), () => placeFile(placing));
    entries.set(file.path, placed.entry);
    method = worseMethod(method, placed.method);
    (placed.method === 'none' ? kept : linked).push(file.path);
  }
  const shown = new Set<string>(files.map(({ path }) => path));
  return { kept, linked, removed, foreign: found.foreign.filter((path) => !shown.has(path)), method };
}
