// What every view must do, whatever its layout.

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Store, View, ViewFile } from '../../src/core/ports.ts';
import { createSnapshot, type Snapshot } from '../../src/core/snapshot.ts';
import { fileOf, NEVER, useFolders } from '../disk/ground.ts';
import { put } from './store.ts';

const REF = { hub: 'huggingface', kind: 'model', repo: 'owner/name' } as const;

/** What a model holds: path → text. */
export type Content = Readonly<Record<string, string>>;

/** Stores the content and says what a flow would then ask of a view. */
export async function prepare(store: Store, content: Content): Promise<{ snapshot: Snapshot; files: ViewFile[] }> {
  const listed = Object.entries(content).map(([path, text]) => ({
    ...fileOf(Buffer.from(text), path),
    kind: 'file' as const,
  }));
  const snapshot = createSnapshot({ ref: REF, revision: 'a'.repeat(40), immutable: true }, listed);
  const files: ViewFile[] = [];
  for (const file of snapshot.files) {
    files.push({ path: file.path, blob: await put(store, file, Buffer.from(content[file.path] ?? '')) });
  }
  return { snapshot, files };
}

export interface ViewGround {
  readonly store: Store;
  readonly view: View;
}

export function viewContract(name: string, create: (storeFolder: string) => ViewGround): void {
  describe(`${name} is a view`, () => {
    const newFolder = useFolders();
    const newGround = async () => {
      const folder = await newFolder();
      const { store, view } = create(join(folder, 'store'));
      const shown = join(folder, 'a folder ü 模型');
      const show = async (content: Content) => {
        const { snapshot, files } = await prepare(store, content);
        return await view.place(shown, snapshot, files, NEVER);
      };
      const read = (path: string) => readFile(view.pathIn(shown, fileOf(Buffer.alloc(0), path).path), 'utf8');
      return { store, view, shown, show, read };
    };

    it('shows every file under its path', async () => {
      const { show, read, view, shown } = await newGround();
      const content = {
        'config.json': '{}',
        'deep/er/weights 1.bin': 'bytes',
        'naïve/模型.txt': 'text',
        empty: '',
        '.hidden': 'h',
      };
      const placed = await show(content);
      expect(placed.linked.toSorted()).toEqual(Object.keys(content).sort());
      expect(placed).toMatchObject({ kept: [], removed: [], foreign: [] });
      for (const [path, text] of Object.entries(content)) expect(await read(path)).toBe(text);
      expect([...(await view.inspect(shown)).placed.keys()].sort()).toEqual(Object.keys(content).sort());
    });

    it('knows nothing of a folder that is not there', async () => {
      const { view, shown } = await newGround();
      expect(await view.inspect(shown)).toEqual({ placed: new Map(), foreign: [] });
    });

    it('keeps what is right already', async () => {
      const { show } = await newGround();
      await show({ a: '1', b: '2' });
      expect(await show({ a: '1', b: 'changed' })).toMatchObject({ kept: ['a'], linked: ['b'] });
      expect(await show({ a: '1', b: 'changed' })).toMatchObject({ kept: ['a', 'b'], linked: [], method: 'none' });
    });

    it('removes what the snapshot no longer has, with the folders that this empties', async () => {
      const { show, view, shown } = await newGround();
      await show({ a: '1', 'x/y/b': '2', 'x/c': '3' });
      const placed = await show({ a: '1', 'x/c': '3' });
      expect(placed.removed).toEqual(['x/y/b']);
      await expect(readFile(join(shown, 'x/y'))).rejects.toMatchObject({ code: 'ENOENT' });
      expect([...(await view.inspect(shown)).placed.keys()].sort()).toEqual(['a', 'x/c']);
    });

    it('leaves what the user changed or added, and names it', async () => {
      const { show, read, view, shown } = await newGround();
      await show({ a: '1', edited: '2' });
      await mkdir(join(shown, 'notes'));
      await writeFile(join(shown, 'notes', 'mine.txt'), 'mine');
      await rm(join(shown, 'edited'));
      await writeFile(join(shown, 'edited'), 'edited by hand');
      expect((await view.inspect(shown)).foreign).toEqual(['edited', 'notes/mine.txt']);
      expect(await show({ a: '1' })).toMatchObject({ removed: [], foreign: ['edited', 'notes/mine.txt'] });
      expect(await read('edited')).toBe('edited by hand');
      expect(await read('notes/mine.txt')).toBe('mine');
    });

    it('turns a file into a folder and back', async () => {
      const { show, read } = await newGround();
      await show({ thing: 'file' });
      expect(await show({ 'thing/inside': 'deep' })).toMatchObject({ removed: ['thing'] });
      expect(await read('thing/inside')).toBe('deep');
      await show({ thing: 'file' });
      expect(await read('thing')).toBe('file');
    });

    it('shows the right bytes where someone put others', async () => {
      const { show, read, shown, store } = await newGround();
      await mkdir(dirname(join(shown, 'a')), { recursive: true });
      await writeFile(join(shown, 'a'), 'not it');
      await show({ a: '1' });
      expect(await read('a')).toBe('1');
      expect((await store.find(fileOf(Buffer.from('1')), 'full', NEVER)).blob).toBeDefined();
    });

    it('shows the new bytes after a blob was fetched anew', async () => {
      const { show, store } = await newGround();
      await show({ a: '1' });
      const { blob } = await store.find(fileOf(Buffer.from('1')), 'receipt', NEVER);
      if (blob === undefined) throw new Error('not stored');
      await rm(store.pathOf(blob));
      expect(await show({ a: '1' })).toMatchObject({ linked: ['a'] });
    });

    it('honours the signal', async () => {
      const { store, view, shown } = await newGround();
      const { snapshot, files } = await prepare(store, { a: '1' });
      await expect(view.place(shown, snapshot, files, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
    });
  });
}
