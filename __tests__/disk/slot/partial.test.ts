// What becomes of a partial download when the process that made it is gone, alive, or on another machine.

import { existsSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { identityOf } from '../../../src/core/snapshot.ts';
import { createLayout, type Partial } from '../../../src/disk/store/layout.ts';
import { createStore } from '../../../src/disk/store/store.ts';
import { asUser, hasUsers } from '../as-user.ts';
import { childFile } from '../child-file.ts';
import { fill, holds, MIB, NEVER, useFolders, useHasher } from '../ground.ts';
import { NO_LEASES } from '../no-leases.ts';
import { type Child, useChildren } from '../start-child.ts';

const hasher = useHasher();
const newFolder = useFolders();
// Without leases: these are about what happens when several processes bring in one file after all.
const newStore = async () => createStore({ folder: await newFolder(), hasher, leases: () => NO_LEASES });
const startChild = useChildren();
const { bytes, file } = childFile();

/** The partial downloads of the file, by owner. */
async function partialsOf(folder: string): Promise<Partial[]> {
  const layout = createLayout(folder);
  const owners = existsSync(layout.partials(identityOf(file))) ? await readdir(layout.partials(identityOf(file))) : [];
  return owners.map((owner) => layout.partial(identityOf(file), owner));
}

/** Leaves a partial that holds the first three MiB, and says where. */
async function leavePartial(folder: string): Promise<Partial> {
  const slot = await createStore({ folder, hasher }).open(file, NEVER);
  await slot.write(0, bytes.subarray(0, 3 * MIB));
  await slot.suspend();
  const [partial] = await partialsOf(folder);
  if (partial === undefined) throw new Error('nothing was left');
  return partial;
}

/** Gives a partial another owner, and its journal an age. */
async function giveTo(folder: string, partial: Partial, owner: string, ageSeconds: number): Promise<Partial> {
  const other = createLayout(folder).partial(identityOf(file), owner);
  await rename(partial.folder, other.folder);
  const time = Date.now() / 1000 - ageSeconds;
  await utimes(other.journal, time, time);
  return other;
}

/** Lets the child write until its journal vouches for something. */
async function untilJournaled(child: Child, folder: string): Promise<void> {
  for (;;) {
    await child.line(/^round/);
    const [partial] = await partialsOf(folder);
    if (partial !== undefined && (await readFile(partial.journal, 'utf8')).includes('range')) return;
  }
}

const OTHER_HOST = 'aaaaaaaaaaaa-1-bbbbbbbbbbbb';

describe('a process killed in the middle of writing', () => {
  it('leaves what it had written to the next one', async () => {
    const store = await newStore();
    const child = await startChild('write', store.folder);
    await untilJournaled(child, store.folder);
    expect(await store.partialBytes(file)).toBe(0);
    await child.kill();
    const left = await store.partialBytes(file);
    expect(left).toBeGreaterThan(0);
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(left);
    expect(slot.missing).not.toEqual([{ start: 0, end: file.sizeBytes }]);
    await fill(slot, bytes);
    expect(await holds(store.pathOf(await slot.commit(NEVER)), bytes)).toBe(true);
    expect(await readdir(join(store.folder, 'v1', 'partials'))).toEqual([]);
  });

  it('is left alone while it lives', async () => {
    const store = await newStore();
    const child = await startChild('write', store.folder);
    await untilJournaled(child, store.folder);
    const [theirs] = await partialsOf(store.folder);
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(0);
    await fill(slot, bytes);
    await slot.commit(NEVER);
    expect(existsSync(theirs?.data ?? '')).toBe(true);
    await child.kill();
  });
});

describe('what another user left', () => {
  const isRoot = process.getuid?.() === 0;

  // Only root can give files away.
  it.runIf(isRoot)('is copied and never written to, since they may still have it open', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    await chown(partial.data, 4242, 4242);
    const { ino } = await stat(partial.data);
    expect(await store.partialBytes(file)).toBe(0);
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(3 * MIB);
    await fill(slot, bytes);
    const path = store.pathOf(await slot.commit(NEVER));
    expect(await holds(path, bytes)).toBe(true);
    expect((await stat(path)).ino).not.toBe(ino);
  });

  it.runIf(hasUsers)(
    'and keeps to themselves is passed by',
    asUser(async () => {
      const store = await newStore();
      const partial = await leavePartial(store.folder);
      await chmod(partial.folder, 0o000);
      try {
        const slot = await store.open(file, NEVER);
        expect(slot.resumedBytes).toBe(0);
        await fill(slot, bytes);
        expect(await holds(store.pathOf(await slot.commit(NEVER)), bytes)).toBe(true);
      } finally {
        for (const left of await partialsOf(store.folder)) await chmod(left.folder, 0o755);
      }
    }),
  );

  it('with a link for a journal is no partial, and nothing is written through the link', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    const elsewhere = join(await newFolder(), 'journal');
    await rename(partial.journal, elsewhere);
    await symlink(elsewhere, partial.journal);
    const before = await readFile(elsewhere, 'utf8');
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(0);
    await slot.write(0, bytes.subarray(0, MIB));
    await slot.suspend();
    expect(await readFile(elsewhere, 'utf8')).toBe(before);
  });
});

describe('two processes with one file', () => {
  it('both succeed, and the blob is there once', async () => {
    const store = await newStore();
    const children = await Promise.all([startChild('commit', store.folder), startChild('commit', store.folder)]);
    await Promise.all(children.map((child) => child.line(/^written/)));
    for (const child of children) child.say('go');
    const lines = await Promise.all(children.map((child) => child.line(/^committed/)));
    expect(new Set(lines)).toEqual(new Set([`committed ${identityOf(file).slice('sha256:'.length)}`]));
    expect(await Promise.all(children.map((child) => child.exitCode()))).toEqual([0, 0]);
    expect((await store.find(file, 'full', NEVER)).blob).toBeDefined();
    expect(await readdir(join(store.folder, 'v1', 'partials'))).toEqual([]);
    expect(await readdir(join(store.folder, 'v1', 'staging'))).toEqual([]);
  });
});

describe('two slots of one process', () => {
  it('do not take each other’s partial', async () => {
    const store = await newStore();
    const first = await store.open(file, NEVER);
    await first.write(0, bytes.subarray(0, MIB));
    const second = await store.open(file, NEVER);
    expect(second.resumedBytes).toBe(0);
    await fill(second, bytes);
    const blob = await second.commit(NEVER);
    await fill(first, bytes);
    expect(await first.commit(NEVER)).toEqual(blob);
  });
});

describe('the partial of another machine', () => {
  it('is copied when nobody has written to it for a while, and stays', async () => {
    const store = await newStore();
    const theirs = await giveTo(store.folder, await leavePartial(store.folder), OTHER_HOST, 61);
    expect(await store.partialBytes(file)).toBe(0);
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(3 * MIB);
    await fill(slot, bytes);
    await slot.commit(NEVER);
    expect(await readdir(theirs.folder)).toEqual(['data', 'journal']);
  });

  it('is left alone when it may still grow', async () => {
    const store = await newStore();
    await giveTo(store.folder, await leavePartial(store.folder), OTHER_HOST, 5);
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(0);
    await slot.suspend();
    expect(await partialsOf(store.folder)).toHaveLength(1);
  });

  it('is not copied past an abort', async () => {
    const store = await newStore();
    await giveTo(store.folder, await leavePartial(store.folder), OTHER_HOST, 61);
    await expect(store.open(file, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
  });
});

describe('of several dead partials', () => {
  it('the fullest is taken and the others go', async () => {
    const store = await newStore();
    const small = await leavePartial(store.folder);
    const kept = join(await newFolder(), 'kept');
    await cp(small.folder, kept, { recursive: true });
    const slot = await store.open(file, NEVER);
    await slot.write(3 * MIB, bytes.subarray(3 * MIB, 5 * MIB));
    await slot.suspend();
    await cp(kept, small.folder, { recursive: true });
    const again = await store.open(file, NEVER);
    expect(again.resumedBytes).toBe(5 * MIB);
    expect(await partialsOf(store.folder)).toHaveLength(1);
    await again.suspend();
  });
});

describe('a partial that lies', () => {
  it('costs a refetch and nothing more', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    const handle = await open(partial.data, 'r+');
    await handle.write(Buffer.from('not the bytes'), 0, 13, 1000);
    await handle.close();
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(3 * MIB);
    await fill(slot, bytes);
    await expect(slot.commit(NEVER)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' });
    expect(slot.missing).toEqual([{ start: 0, end: file.sizeBytes }]);
    expect(slot.resumedBytes).toBe(0);
    await fill(slot, bytes);
    expect(await holds(store.pathOf(await slot.commit(NEVER)), bytes)).toBe(true);
  });

  it('is read up to a line that a crash tore', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    await appendFile(partial.journal, '{"range":[3145728,41');
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(3 * MIB);
    await slot.write(3 * MIB, bytes.subarray(3 * MIB, 4 * MIB));
    await slot.suspend();
    expect(await store.partialBytes(file)).toBe(4 * MIB);
  });

  it.each(['', 'nonsense\n', '{"version":2}\n', '{"range":[0,1000]}\n'])(
    'with the journal %j counts as none, and goes',
    async (text) => {
      const store = await newStore();
      const partial = await leavePartial(store.folder);
      await writeFile(partial.journal, text);
      const slot = await store.open(file, NEVER);
      expect(slot.resumedBytes).toBe(0);
      await slot.suspend();
      expect(await partialsOf(store.folder)).toEqual([]);
    },
  );

  it('is believed for nothing outside the file', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    await appendFile(partial.journal, `{"range":[0,${file.sizeBytes + 1}]}\n{"range":[-1,5]}\n{"range":[0.5,9e6]}\n`);
    expect(await store.partialBytes(file)).toBe(3 * MIB);
  });

  it('counts as none when its data is shorter than it was', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    await writeFile(partial.data, bytes.subarray(0, 3 * MIB));
    expect(await store.partialBytes(file)).toBe(0);
    await rm(partial.data);
    await mkdir(partial.data);
    expect(await store.partialBytes(file)).toBe(0);
  });
});

describe('a process killed in its last moment', () => {
  it('may have made its partial read-only already', async () => {
    const store = await newStore();
    const partial = await leavePartial(store.folder);
    await chmod(partial.data, 0o444);
    const slot = await store.open(file, NEVER);
    expect(slot.resumedBytes).toBe(3 * MIB);
    await fill(slot, bytes);
    await slot.commit(NEVER);
  });
});

describe('a journal', () => {
  it('is empty again after a reset', async () => {
    const store = await newStore();
    await leavePartial(store.folder);
    const slot = await store.open(file, NEVER);
    await slot.reset();
    const [partial] = await partialsOf(store.folder);
    expect((await readFile(partial?.journal ?? '', 'utf8')).trimEnd().split('\n')).toHaveLength(1);
    await slot.write(8 * MIB, bytes.subarray(8 * MIB, 9 * MIB));
    await slot.suspend();
    expect(await store.partialBytes(file)).toBe(MIB);
  });
});
