// Not a client: copying the same bytes from page cache to the same disk and hashing them, two processes at a time. OpenSSL uses the
// CPU's SHA instructions, as Node does.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { FixtureFile } from '../fixture.ts';
import { isLarge } from '../site.ts';
import type { Peer } from './peer.ts';

const LANES = 2;
/** Small files go many to a process, or starting processes would be what is measured. */
const BATCH_FILES = 500;

// A batch a line. Without `--reflink=never` some file systems would copy nothing.
const SCRIPT = `
lane() {
  while read -r batch; do
    cp --reflink=never -t "$2" -- $batch && (cd "$2" && openssl dgst -sha256 $batch >/dev/null) || return 1
  done <"$1"
}
cd "$1"
lane "$2.0" "$3" & first=$!
lane "$2.1" "$3" & second=$!
wait $first && wait $second
`;

export const floor: Peer = {
  title: 'floor: cp and openssl',
  verifies: undefined,
  programs: ['openssl'],
  refusal: ({ hasFloor }) => (hasFloor ? undefined : 'no floor'),
  prepare({ ground, fixture, revision, changed }) {
    const lists = path.join(ground, 'lane');
    for (const [index, batches] of cutLanes(changed).entries()) {
      writeFileSync(`${lists}.${index}`, batches.map((batch) => `${batch.join(' ')}\n`).join(''));
    }
    const target = path.join(ground, 'files');
    mkdirSync(target, { recursive: true });
    const source = path.join(fixture.site, 'files', revision.commit);
    return { argv: ['bash', '-c', SCRIPT, 'floor', source, lists, target] };
  },
  filesFolder: ({ ground }) => path.join(ground, 'files'),
};

/** Paths in batches, lane by lane, so that the lanes end together. */
function cutLanes(files: readonly FixtureFile[]): string[][][] {
  const lanes = Array.from({ length: LANES }, () => ({ sizeBytes: 0, batches: [] as string[][] }));
  const add = (batch: readonly FixtureFile[]) => {
    const lane = lanes.reduce((least, other) => (other.sizeBytes < least.sizeBytes ? other : least));
    lane.sizeBytes += batch.reduce((sum, file) => sum + file.sizeBytes, 0);
    lane.batches.push(batch.map((file) => file.path));
  };
  for (const file of files.filter(isLarge).toSorted((a, b) => b.sizeBytes - a.sizeBytes)) add([file]);
  const small = files.filter((file) => !isLarge(file));
  for (let start = 0; start < small.length; start += BATCH_FILES) add(small.slice(start, start + BATCH_FILES));
  return lanes.map(({ batches }) => batches);
}
