// Draws what a run of the fault soak does, from one number: the same number always gives the same run. Runs nothing.

import { createSeeded } from '../core/seeded.ts';
import {
  ANSWER_FAULTS,
  type Fault,
  flippedByte,
  placesOf,
  resetAfter,
  shortBody,
  stallAfter,
} from '../fakes/faults.ts';
import type { HubName } from '../flows/open-flow.ts';

export interface DrawnFault {
  readonly fault: Fault;
  /** Undefined for one that strikes the listing. */
  readonly path: string | undefined;
  readonly times: number;
  /** Whose answers it strikes. */
  readonly source: 'hub' | 'mirror';
  /** For a person to read. */
  readonly text: string;
}

export interface Drawn {
  readonly hub: HubName;
  readonly connections: number;
  /** A mirror stands beside the hub. */
  readonly isMirrored: boolean;
  readonly files: readonly string[];
  readonly faults: readonly DrawnFault[];
}

export interface Pool {
  /** Path → size in bytes. */
  readonly sizes: ReadonlyMap<string, number>;
  /** Names of rows that are left out. */
  readonly without: readonly string[];
}

const MAX_FAULTS = 6;
/** Of the files, those that a run fetches. */
const FILE_SHARE = 0.3;
/** A row that never ends says little after the first file that it stops, so most are cut short. */
const FOR_EVER_SHARE = 0.3;
const MIRRORED_SHARE = 0.4;

export function draw(seed: number, pool: Pool): Drawn {
  const random = createSeeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const files = [...pool.sizes.keys()].filter(() => random() < FILE_SHARE);
  const wanted = files.length > 0 ? files : [pick([...pool.sizes.keys()])];
  const rows = ANSWER_FAULTS.filter(({ name }) => !pool.without.includes(name));

  const isMirrored = random() < MIRRORED_SHARE;
  const drawFault = (): DrawnFault => {
    const path = pick(wanted);
    const at = below(pool.sizes.get(path) ?? 0);
    const placed = [resetAfter(at), shortBody(at), stallAfter(at), flippedByte(1, at)] as const;
    const isPlaced = random() < 0.4;
    const fault = isPlaced ? pick(placed) : pick(rows);
    const isEndless = fault.times === Number.POSITIVE_INFINITY && random() < FOR_EVER_SHARE;
    const times = isEndless ? fault.times : 1 + below(3);
    const isOfListing = placesOf(fault).includes('api');
    const source = isMirrored && !isOfListing && random() < 0.5 ? 'mirror' : 'hub';
    const where = isOfListing ? 'the listing' : `${path}${isPlaced ? ` at ${at}` : ''} of the ${source}`;
    const text = `${fault.name} × ${times} on ${where}`;
    return { fault, path: isOfListing ? undefined : path, times, source, text };
  };

  return {
    hub: pick(['modelscope', 'huggingface'] as const),
    connections: 1 + below(8),
    isMirrored,
    files: wanted,
    faults: Array.from({ length: 1 + below(MAX_FAULTS) }, drawFault),
  };
}

export function describeDrawn({ hub, connections, isMirrored, files, faults }: Drawn): string {
  const sources = isMirrored ? `${hub} and a mirror` : hub;
  const lines = [
    `${sources}, ${connections} connections, ${files.join(' ')}`,
    ...faults.map(({ text }) => `- ${text}`),
  ];
  return lines.join('\n');
}
