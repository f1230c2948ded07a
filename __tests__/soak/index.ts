// `npm run soak -- faults|releases|kill|large --runs N --seed N`: hundreds of seeded runs, or a few of large files, and what they came to. Exits 1 when one went wrong.

import { parseArgs } from 'node:util';
import { soakFaults } from './faults.ts';
import { soakKills } from './kill.ts';
import { soakLarge } from './large.ts';
import { soakReleases } from './releases.ts';

const USAGE = 'npm run soak -- faults|releases|kill|large [--runs N] [--seed N] [--without NAME]…';
const say = (line: string) => void process.stdout.write(`${line}\n`);

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const [what] = positionals;
const seed = Number(values.seed);
const startMs = performance.now();

let failures: readonly string[] = [];
if (what === 'faults' || what === 'releases') {
  const soak = what === 'faults' ? soakFaults : soakReleases;
  const result = await soak({ runs: Number(values.runs ?? 500), seed, without: values.without, say });
  for (const [end, count] of Object.entries(result.ends).sort(([, a], [, b]) => b - a))
    say(`${String(count).padStart(6)}  ${end}`);
  failures = result.failures;
} else if (what === 'kill') {
  const { kills, cycles, againBytes, ...result } = await soakKills({
    runs: Number(values.runs ?? 200),
    seed,
    say,
  });
  say(`${kills} kills, ${cycles} models fetched to the end`);
  say(`${againBytes} bytes sent again, ${Math.round(againBytes / kills)} for each kill`);
  failures = result.failures;
} else if (what === 'large') {
  failures = await soakLarge({ runs: Number(values.runs ?? 3), say });
} else {
  say(USAGE);
  process.exitCode = 2;
}
if (process.exitCode === undefined) {
  say(`${failures.length} went wrong; ${((performance.now() - startMs) / 1000).toFixed(0)} s, seed ${seed}`);
  if (failures.length > 0) process.exitCode = 1;
}
