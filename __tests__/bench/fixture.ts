// The repositories of the benchmark: which files they have, made once into a cache folder and used again while their sizes are right.

import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Content, writeContent } from './content.ts';
import { writeSite } from './site.ts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MANY_FILES = 10_000;
const MANY_FILE_BYTES = 4096;
const SHARDS = 4;
const SMALL_FILES = 20;
const READ_BYTES = MIB;

export interface FixtureFile extends Content {
  readonly path: string;
}

export interface Revision {
  readonly name: 'first' | 'second';
  readonly commit: string;
  readonly files: readonly FixtureFile[];
}

export interface Fixture {
  /** `owner/name` */
  readonly id: string;
  /** Folder that holds, at `files/<commit>/<path>`, every file. */
  readonly site: string;
  readonly first: Revision;
  /** The large repository: one shard differs. The one of many files: as the first. */
  readonly second: Revision;
}

/** A file to be made: its path in the repository, its seed, its size. */
type Wanted = readonly [path: string, seed: string, sizeBytes: number];

/** Four shards of `sizeMib`, one file of an eighth of it, and 20 small ones of 1 to 20 KiB. */
export function largeFixture(site: string, sizeMib: number): Fixture {
  const others: Wanted[] = [
    ['adapter.safetensors', 'adapter', (sizeMib * MIB) / 8],
    ...count(SMALL_FILES).map((n): Wanted => [`small-${n}.json`, `small-${n}`, n * KIB]),
  ];
  const shard = (n: number, seed = `shard-${n}`): Wanted => [
    `model-0000${n}-of-0000${SHARDS}.safetensors`,
    seed,
    sizeMib * MIB,
  ];
  const first = [...count(SHARDS).map((n) => shard(n)), ...others];
  const second = first.map((wanted) => (wanted[0] === shard(2)[0] ? shard(2, 'shard-2-changed') : wanted));
  return makeFixture(site, `bench/large-${sizeMib}`, { first, second });
}

/** 10,000 files of 4 KB. */
export function manyFixture(site: string): Fixture {
  const files = count(MANY_FILES).map((n): Wanted => [`row-${n}.json`, `row-${n}`, MANY_FILE_BYTES]);
  return makeFixture(site, 'bench/many', { first: files, second: files });
}

function makeFixture(
  site: string,
  id: string,
  wanted: { first: readonly Wanted[]; second: readonly Wanted[] },
): Fixture {
  const manifest = path.join(site, `${id}.manifest.json`);
  const kept = readKept(manifest, site);
  if (kept !== undefined) return kept;
  rmSync(path.join(site, 'content', id), { recursive: true, force: true });
  mkdirSync(path.join(site, 'content', id), { recursive: true });
  const made = new Map<string, Content>();
  const revision = (name: Revision['name']): Revision => ({
    name,
    commit: createHash('sha1').update(`${id} ${name}`).digest('hex'),
    files: wanted[name].map(([file, seed, sizeBytes]) => {
      const content = made.get(seed) ?? writeContent(path.join(site, 'content', id, seed), `${id} ${seed}`, sizeBytes);
      made.set(seed, content);
      return { path: file, ...content };
    }),
  });
  const fixture: Fixture = { id, site, first: revision('first'), second: revision('second') };
  for (const name of ['first', 'second'] as const) {
    const seeds = new Map(wanted[name].map(([file, seed]) => [file, seed]));
    writeSite(fixture, fixture[name], (file) => path.join(site, 'content', id, seeds.get(file) ?? ''));
  }
  mkdirSync(path.dirname(manifest), { recursive: true });
  writeFileSync(manifest, JSON.stringify(fixture));
  return fixture;
}

/** Brings every file into the page cache, so that no run pays for the disk that others do not. */
export async function readAhead({ site, first, second }: Fixture): Promise<void> {
  for (const { commit, files } of [first, second]) {
    for (const file of files) {
      const stream = createReadStream(path.join(site, 'files', commit, file.path), { highWaterMark: READ_BYTES });
      stream.resume();
      await once(stream, 'close');
    }
  }
}

// The manifest is written last, so a folder that was left half made has none.
function readKept(manifest: string, site: string): Fixture | undefined {
  if (!existsSync(manifest)) return undefined;
  const fixture = JSON.parse(readFileSync(manifest, 'utf8')) as Fixture;
  const isWhole = [fixture.first, fixture.second].every(({ commit, files }) =>
    files.every(({ path: name, sizeBytes }) => {
      const found = statSync(path.join(site, 'files', commit, name), { throwIfNoEntry: false });
      return found?.size === sizeBytes;
    }),
  );
  return isWhole ? { ...fixture, site } : undefined;
}

function count(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1);
}
