// The table of ways to damage an entry of the runner cache. None lands: each is repaired by the hub or refused.

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CacheGround, MIB, openCacheGround } from './cache-ground.ts';

/** What a row does to the bytes of an entry; `other` are those of the other large file, or of a pack with other members. */
type Damage = (bytes: Buffer, other: Buffer) => Uint8Array;
interface Row {
  readonly name: string;
  readonly damage: Damage;
}
const row = (name: string, damage: Damage): Row => ({ name, damage });

const flip = (bytes: Buffer, at: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
};
const half = (bytes: Buffer) => bytes.subarray(0, bytes.length / 2);
const zeroed = (bytes: Buffer, start: number, end: number) => Buffer.from(bytes).fill(0, start, end);
const head = (bytes: Buffer) => {
  const lines = bytes.toString('latin1').split('\n');
  const count = Number(lines[0]?.split(' ')[1]);
  const end = lines.slice(0, count + 1).join('\n').length + 1;
  return { lines: lines.slice(1, count + 1), body: bytes.subarray(end) };
};
const withHead = (bytes: Buffer, change: (lines: string[]) => string[], count?: number) => {
  const { lines, body } = head(bytes);
  const changed = change(lines);
  return Buffer.concat([
    Buffer.from(`model-fetch-pack-1 ${count ?? changed.length}\n${changed.map((line) => `${line}\n`).join('')}`),
    body,
  ]);
};
const sized = (line: string, sizeBytes: number) => line.replace(/ \d+$/, ` ${sizeBytes}`);

const BLOB: readonly Row[] = [
  row('first byte flipped', (bytes) => flip(bytes, 0)),
  row('a byte in the middle flipped', (bytes) => flip(bytes, bytes.length / 2)),
  row('last byte flipped', (bytes) => flip(bytes, bytes.length - 1)),
  row('a byte in each piece flipped', (bytes) => flip(flip(bytes, 5 * MIB), 17 * MIB)),
  row('a block zeroed', (bytes) => zeroed(bytes, MIB, 2 * MIB)),
  row('all zeroed', (bytes) => Buffer.alloc(bytes.length)),
  row('one byte short', (bytes) => bytes.subarray(0, -1)),
  row('half of it', half),
  row('nothing in it', () => Buffer.alloc(0)),
  row('one byte more', (bytes) => Buffer.concat([bytes, Buffer.from('x')])),
  row('twice itself', (bytes) => Buffer.concat([bytes, bytes])),
  row('one byte too many in front', (bytes) => Buffer.concat([Buffer.from('x'), bytes.subarray(0, -1)])),
  row('its halves exchanged', (bytes) => Buffer.concat([bytes.subarray(bytes.length / 2), half(bytes)])),
  row('a block repeated', (bytes) => Buffer.concat([half(bytes), half(bytes)])),
  row('bytes of another file', (_, other) => other),
  row('bytes of another file, made as long', (bytes, other) => Buffer.concat([other, other, other], bytes.length)),
  row('a web page', () => Buffer.from('<html><title>Sign in</title></html>')),
  row('compressed', (bytes) => gzipSync(bytes, { level: 0 })),
  row('a pointer in place of the file', (bytes) =>
    Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256(bytes)}\nsize ${bytes.length}\n`),
  ),
];

const PACK: readonly Row[] = [
  row('a byte of a member flipped', (bytes) => flip(bytes, bytes.length - 10)),
  row('the first byte of the form flipped', (bytes) => flip(bytes, 0)),
  row('every member zeroed', (bytes) => zeroed(bytes, bytes.length - head(bytes).body.length, bytes.length)),
  row('names exchanged', (bytes) =>
    withHead(bytes, ([one = '', two = '', ...rest]) => [
      sized(two, Number(one.split(' ')[1])),
      sized(one, Number(two.split(' ')[1])),
      ...rest,
    ]),
  ),
  row('a name that was never there', (bytes) =>
    withHead(bytes, ([one = '', ...rest]) => [one.replace(/:[0-9a-f]+/, `:${'0'.repeat(64)}`), ...rest]),
  ),
  row('a member less in the head', (bytes) => withHead(bytes, (lines) => lines.slice(1))),
  row('a member more in the head', (bytes) => withHead(bytes, (lines) => [`sha256:${'1'.repeat(64)} 10`, ...lines])),
  row('a size too large', (bytes) => withHead(bytes, ([one = '', ...rest]) => [sized(one, 1e14), ...rest])),
  row('a size too small', (bytes) => withHead(bytes, ([one = '', ...rest]) => [sized(one, 1), ...rest])),
  row('a size of nothing', (bytes) => withHead(bytes, ([one = '', ...rest]) => [sized(one, 0), ...rest])),
  row('the same member twice, wrong first', (bytes) => {
    const { lines, body } = head(bytes);
    const sizeBytes = Number(lines[0]?.split(' ')[1]);
    const doubled = withHead(bytes, (all) => [all[0] ?? '', ...all]);
    const start = doubled.length - body.length;
    return Buffer.concat([doubled.subarray(0, start), Buffer.alloc(sizeBytes), body]);
  }),
  row('fewer lines than it says', (bytes) => withHead(bytes, (lines) => lines, 4)),
  row('more members than there can be', (bytes) => withHead(bytes, (lines) => lines, 999_999)),
  row('a head of members that nobody wants', (bytes) =>
    withHead(bytes, (lines) => [...Array<string>(50_000).fill(`sha256:${'2'.repeat(64)} 1000000`), ...lines]),
  ),
  row('cut in its head', (bytes) => bytes.subarray(0, 40)),
  row('cut in a member', half),
  row('one byte short', (bytes) => bytes.subarray(0, -1)),
  row('nothing in it', () => Buffer.alloc(0)),
  row('bytes of a large file', (_, other) => other),
  row('no line in it', (bytes) => Buffer.alloc(bytes.length, 'x')),
  row('a form of the future', (bytes) => Buffer.from(bytes.toString('latin1').replace('pack-1', 'pack-2'), 'latin1')),
];

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

let ground: CacheGround;
let truth: Record<string, string>;
const whole = new Map<string, Buffer>();
beforeAll(async () => {
  ground = await openCacheGround();
  truth = await ground.truth();
  await ground.run();
  for (const { key } of ground.fakes.cache.entries) {
    await ground.fakes.cache.damage(key, (bytes) => {
      whole.set(key, Buffer.from(bytes));
      return bytes;
    });
  }
});
afterEach(async () => {
  for (const [key, bytes] of whole) await ground.fakes.cache.damage(key, () => bytes);
  ground.fakes.reset();
});
afterAll(() => ground.close());

/** The entry of the file of 20 MiB, the one of 9 MiB, the pack. */
function entries(): { large: string; other: string; pack: string } {
  const ofSize = (wanted: (sizeBytes: number) => boolean) =>
    [...whole].find(([, bytes]) => wanted(bytes.length))?.[0] ?? '';
  return {
    large: ofSize((size) => size === 20 * MIB),
    other: ofSize((size) => size === 9 * MIB),
    pack: ofSize((size) => size < MIB),
  };
}

async function strike(key: string, { damage }: Row): Promise<void> {
  const other = whole.get(entries().other) ?? Buffer.alloc(0);
  await ground.fakes.cache.damage(key, (bytes) => damage(Buffer.from(bytes), other));
}

/** The right files, no wrong blob, and no word about it but warnings: at most one for each entry. */
async function expectRepair(files: RegExp, mostHubBytes: number): Promise<void> {
  const wanted = Object.entries(truth).filter(([name]) => files.test(name));
  const run = await ground.run({ include: wanted.map(([name]) => name).join('\n') });
  expect({ folder: run.folder, wrongBlobs: run.wrongBlobs }).toEqual({
    folder: Object.fromEntries(wanted),
    wrongBlobs: [],
  });
  expect(run.warnings.length).toBeLessThanOrEqual(1);
  expect(run.hubBytes).toBeLessThanOrEqual(mostHubBytes);
  expect(run.hubBytes).toBeGreaterThan(0);
}

describe('the entry of a file', () => {
  // What is fetched again is that file, perhaps in part.
  test.each(BLOB)('$name', async (damage) => {
    await strike(entries().large, damage);
    await expectRepair(/^b\.bin$/, 20 * MIB);
  });
});

describe('a pack', () => {
  test.each(PACK)('$name', async (damage) => {
    await strike(entries().pack, damage);
    await expectRepair(/^[^.]+\.(?!bin)/, 7 + 12_000 + 300_000);
  });
  test('a wrong member costs itself only', async () => {
    await strike(
      entries().pack,
      row('', (bytes) => flip(bytes, bytes.length - head(bytes).body.length)),
    );
    const run = await ground.run();
    const fromHub = run.report.models[0]?.files.filter(({ outcome }) => outcome === 'downloaded');
    expect(fromHub).toHaveLength(1);
    expect(run.warnings).toMatchObject([{ code: 'CACHE_RESTORE', message: expect.stringContaining('Delete') }]);
  });
});

describe('the service', () => {
  test('sends every link to another entry', async () => {
    const { large, other, pack } = entries();
    for (const [key, bytes] of [
      [large, whole.get(other)],
      [other, whole.get(pack)],
      [pack, whole.get(large)],
    ] as const)
      await ground.fakes.cache.damage(key, () => bytes ?? Buffer.alloc(0));
    const run = await ground.run();
    expect({ folder: run.folder, wrongBlobs: run.wrongBlobs }).toEqual({ folder: truth, wrongBlobs: [] });
  });
  test('says that another key matched', async () => {
    const url = `${ground.fakes.cache.url}/fakeaccount/actions-cache/none`;
    const body = { ok: true, signed_download_url: url, matched_key: '</script>\n::error::x' };
    ground.fakes.cache.server.answer(/GetCacheEntry/, { status: 200, body });
    const run = await ground.run();
    expect({ folder: run.folder, wrongBlobs: run.wrongBlobs }).toEqual({ folder: truth, wrongBlobs: [] });
    expect(run.hubBytes).toBeGreaterThan(29 * MIB);
  });
});

test('there are enough of them', () => {
  expect(BLOB.length + PACK.length).toBeGreaterThanOrEqual(25);
});
