// The one table of ways to damage what a store holds. Each row says what the store makes of it; that no wrong byte gets into a view, and
// that the right ones do in the end, holds for all. Not a test.

import { execFileSync } from 'node:child_process';
import {
  appendFile,
  chmod,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Algorithm, digestOf, hexOf } from '../../src/core/digest.ts';
import type { Blob, Store } from '../../src/core/ports.ts';
import { identityOf, type RemoteFile } from '../../src/core/snapshot.ts';
import { createLayout, type Layout } from '../../src/disk/store/layout.ts';
import { flipByte } from './flip-byte.ts';

/** What a damaged store is made of. */
export interface Ground {
  readonly store: Store;
  readonly layout: Layout;
  readonly file: RemoteFile;
  readonly blob: Blob;
  /** Where the blob lies. */
  readonly path: string;
  /** Where a view shows it, by a link. */
  readonly viewPath: string;
  /** Other bytes of the same length. */
  readonly others: Uint8Array;
  readonly otherBlob: Blob;
}

export interface DamageRow {
  readonly name: string;
  /** `sound`: its bytes are right, so it is used. `damaged`: noticed, taken out, fetched anew. `absent`: as if it were not there, fetched
   * anew. `refused`: the run ends with DISK_IO. */
  readonly expect: 'sound' | 'damaged' | 'absent' | 'refused';
  /** Receipts cannot see it: the content must be hashed. */
  readonly needsFull?: true;
  /** 17 MiB in place of some KiB. */
  readonly isLarge?: true;
  readonly algorithms?: readonly [Algorithm];
  /** Not on Windows. */
  readonly isPosix?: true;
  damage(ground: Ground): Promise<unknown>;
}

/** Changes the bytes and nothing that a receipt sees. */
async function behindTheTime(path: string, change: () => Promise<unknown>): Promise<void> {
  const { atime, mtime } = await stat(path);
  await change();
  await utimes(path, atime, mtime);
}

async function replace(path: string, put: () => Promise<unknown> | unknown): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await put();
}

async function changeReceipt({ layout, blob }: Ground, change: (receipt: object) => object): Promise<void> {
  const path = layout.receipt(blob.sha256);
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));
}

/** Leaves an unfinished download in place of the blob. */
async function leavePartial({ store, file, path, layout }: Ground, bytes: Uint8Array) {
  await rm(path);
  const slot = await store.open(file, new AbortController().signal);
  await slot.write(0, bytes);
  await slot.suspend();
  const [owner = ''] = await readdir(layout.partials(identityOf(file)));
  return layout.partial(identityOf(file), owner);
}

const flipped = (name: string, at: (sizeBytes: number) => number): DamageRow => ({
  name: `its ${name} byte is flipped`,
  expect: 'damaged',
  damage: ({ path, blob }) => flipByte(path, at(blob.sizeBytes)),
});

const BYTES: readonly DamageRow[] = [
  flipped('first', () => 0),
  flipped('middle', (sizeBytes) => Math.floor(sizeBytes / 2)),
  flipped('last', (sizeBytes) => sizeBytes - 1),
  {
    name: 'it lost its last byte',
    expect: 'damaged',
    damage: ({ path, blob }) => chmod(path, 0o644).then(() => truncate(path, blob.sizeBytes - 1)),
  },
  { name: 'it is empty', expect: 'damaged', damage: ({ path }) => chmod(path, 0o644).then(() => truncate(path, 0)) },
  {
    name: 'it has one byte more',
    expect: 'damaged',
    damage: ({ path }) => chmod(path, 0o644).then(() => appendFile(path, 'x')),
  },
  {
    name: 'it is all zeros',
    expect: 'damaged',
    damage: ({ path, blob }) => replace(path, () => writeFile(path, new Uint8Array(blob.sizeBytes))),
  },
  {
    name: 'another blob lies under its name',
    expect: 'damaged',
    damage: ({ store, path, otherBlob }) => rename(store.pathOf(otherBlob), path),
  },
  {
    name: 'it was edited through a link in a folder',
    expect: 'damaged',
    damage: ({ viewPath }) => chmod(viewPath, 0o644).then(() => appendFile(viewPath, 'edited')),
  },
  {
    name: 'a byte is flipped and the time put back',
    expect: 'damaged',
    needsFull: true,
    damage: ({ path }) => behindTheTime(path, () => flipByte(path)),
  },
  {
    name: 'it was edited through a link, and the time put back',
    expect: 'damaged',
    needsFull: true,
    damage: ({ viewPath, others }) =>
      behindTheTime(viewPath, () => chmod(viewPath, 0o644).then(() => writeFile(viewPath, others))),
  },
];

const KINDS: readonly DamageRow[] = [
  { name: 'it is gone', expect: 'absent', damage: ({ path }) => rm(path) },
  {
    name: 'it is a link to other bytes',
    expect: 'damaged',
    isPosix: true,
    damage: ({ path, store, otherBlob }) => replace(path, () => symlink(store.pathOf(otherBlob), path)),
  },
  {
    name: 'it is a link to nowhere',
    expect: 'damaged',
    isPosix: true,
    damage: ({ path }) => replace(path, () => symlink('nowhere', path)),
  },
  {
    name: 'it is a link to itself',
    expect: 'damaged',
    isPosix: true,
    damage: ({ path }) => replace(path, () => symlink(path, path)),
  },
  {
    name: 'it is a link to a device that never ends',
    expect: 'damaged',
    isPosix: true,
    damage: ({ path }) => replace(path, () => symlink('/dev/zero', path)),
  },
  {
    name: 'it is a folder with something in it',
    expect: 'damaged',
    damage: ({ path }) => replace(path, () => mkdir(join(path, 'folder'), { recursive: true })),
  },
  {
    name: 'it is a pipe that nobody writes to',
    expect: 'damaged',
    isPosix: true,
    damage: ({ path }) => replace(path, () => execFileSync('mkfifo', [path])),
  },
  {
    name: 'it is a socket',
    expect: 'damaged',
    isPosix: true,
    damage: ({ path }) => replace(path, () => leaveSocket(path)),
  },
  { name: 'it may be written to', expect: 'sound', damage: ({ path }) => chmod(path, 0o666) },
  {
    name: 'a file lies where its folder belongs',
    expect: 'refused',
    damage: ({ path }) => replace(dirname(path), () => writeFile(dirname(path), '')),
  },
];

// A path of a socket is short: it is made elsewhere, and moved.
async function leaveSocket(path: string): Promise<void> {
  const short = join(tmpdir(), `model-fetch-${process.pid}.sock`);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(short, resolve));
  await rename(short, path);
  await new Promise((resolve) => server.close(resolve));
}

const RECEIPTS: readonly DamageRow[] = [
  {
    name: 'its receipt is that of another blob, and a byte is flipped',
    expect: 'damaged',
    async damage({ path, layout, blob, otherBlob }) {
      await behindTheTime(path, () => flipByte(path));
      await writeFile(layout.receipt(blob.sha256), await readFile(layout.receipt(otherBlob.sha256)));
    },
  },
  {
    name: 'its receipt is torn, and a byte is flipped behind the time',
    expect: 'damaged',
    async damage({ path, layout, blob }) {
      await behindTheTime(path, () => flipByte(path));
      await truncate(layout.receipt(blob.sha256), 40);
    },
  },
  {
    name: 'its receipt is of another start of the system, and a byte is flipped behind the time',
    expect: 'damaged',
    async damage(ground) {
      await behindTheTime(ground.path, () => flipByte(ground.path));
      await changeReceipt(ground, (receipt) => ({ ...receipt, boot: 'another' }));
    },
  },
  {
    name: 'its receipt vouches for another content',
    expect: 'damaged',
    async damage(ground) {
      await behindTheTime(ground.path, () => flipByte(ground.path));
      await changeReceipt(ground, (receipt) => ({ ...receipt, digests: [`sha256:${ground.otherBlob.sha256}`] }));
    },
  },
  {
    name: 'its time and its receipt are from the future, and a byte is flipped',
    expect: 'damaged',
    needsFull: true,
    async damage(ground) {
      await flipByte(ground.path);
      await utimes(ground.path, 4e9, 4e9);
      await changeReceipt(ground, (receipt) => ({ ...receipt, mtimeNs: '4000000000000000000' }));
    },
  },
  {
    name: 'its receipt is gone',
    expect: 'sound',
    damage: ({ layout, blob }) => rm(layout.receipt(blob.sha256)),
  },
  {
    name: 'a receipt is forged for other bytes',
    expect: 'damaged',
    needsFull: true,
    async damage(ground) {
      await chmod(ground.path, 0o644);
      await writeFile(ground.path, ground.others);
      const { mtimeNs } = await stat(ground.path, { bigint: true });
      await changeReceipt(ground, (receipt) => ({ ...receipt, mtimeNs: `${mtimeNs}` }));
    },
  },
];

const NAMES: readonly DamageRow[] = [
  {
    name: 'git’s name for it leads to another blob',
    expect: 'absent',
    algorithms: ['git-sha1'],
    damage: ({ layout, file, otherBlob }) => writeFile(layout.alias(hexOf(identityOf(file))), otherBlob.sha256),
  },
  {
    name: 'git’s name for it leads out of the store',
    expect: 'absent',
    algorithms: ['git-sha1'],
    damage: ({ layout, file }) => writeFile(layout.alias(hexOf(identityOf(file))), '../../../../etc/passwd'),
  },
  {
    name: 'git’s name leads to it from another content',
    expect: 'sound',
    async damage({ layout, blob, others }) {
      const alias = layout.alias(hexOf(digestOf('git-sha1', others)));
      await mkdir(dirname(alias), { recursive: true });
      await writeFile(alias, blob.sha256);
    },
  },
];

const PARTS: readonly DamageRow[] = [
  {
    name: 'its marks are those of another content, and a byte is flipped',
    expect: 'damaged',
    isLarge: true,
    async damage({ layout, blob, otherBlob, path }) {
      await writeFile(layout.marks(blob.sha256), await readFile(layout.marks(otherBlob.sha256)));
      await flipByte(path, blob.sizeBytes - 1);
    },
  },
  {
    name: 'its marks are a pipe that nobody writes to, and a byte is flipped',
    expect: 'damaged',
    isLarge: true,
    isPosix: true,
    async damage({ layout, blob, path }) {
      const marks = layout.marks(blob.sha256);
      await replace(marks, () => execFileSync('mkfifo', [marks]));
      await flipByte(path);
    },
  },
  {
    name: 'the journal of an unfinished download is a pipe that nobody writes to',
    expect: 'absent',
    isLarge: true,
    isPosix: true,
    async damage(ground) {
      const { journal } = await leavePartial(ground, ground.others.subarray(0, 3_000_000));
      await replace(journal, () => execFileSync('mkfifo', [journal]));
    },
  },
  {
    name: 'an unfinished download has other bytes than its journal says',
    expect: 'absent',
    isLarge: true,
    damage: (ground) => leavePartial(ground, ground.others.subarray(0, 3_000_000)),
  },
  {
    name: 'the journal of an unfinished download says that all is there',
    expect: 'absent',
    isLarge: true,
    async damage(ground) {
      const { journal } = await leavePartial(ground, ground.others.subarray(0, 3_000_000));
      await appendFile(journal, `{"range":[0,${ground.blob.sizeBytes}]}\n`);
    },
  },
  {
    name: 'the data of an unfinished download is shorter than it was',
    expect: 'absent',
    isLarge: true,
    async damage(ground) {
      const { data } = await leavePartial(ground, ground.others.subarray(0, 3_000_000));
      await truncate(data, 1_000_000);
    },
  },
];

/** Every row, once. */
export const BLOB_DAMAGE: readonly DamageRow[] = [...BYTES, ...KINDS, ...RECEIPTS, ...NAMES, ...PARTS];

export function groundOf(parts: Omit<Ground, 'layout' | 'path'>): Ground {
  return { ...parts, layout: createLayout(parts.store.folder), path: parts.store.pathOf(parts.blob) };
}
