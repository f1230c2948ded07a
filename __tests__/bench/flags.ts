// What can be asked of the benchmark. Reads arguments and nothing else.

import { parseArgs } from 'node:util';
import { PEER_NAMES, type PeerName } from './peers/peer.ts';
import { SHAPE_NAMES, type ShapeName } from './shapes.ts';

export interface Flags {
  /** MiB of each of the four large files, or of the one long file. */
  readonly sizeMib: number;
  readonly shapes: readonly ShapeName[];
  readonly peers: readonly PeerName[];
  readonly rounds: number;
  readonly connections: number;
  /** Whether the table goes into docs/benchmarks.md. */
  readonly write: boolean;
  /** Publishing, in place of the shapes: the release, or one long file. */
  readonly upload: 'release' | 'flat' | undefined;
}

/** @throws Error that says which flag is wrong */
export function readFlags(args: readonly string[]): Flags {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: 'string' },
      shapes: { type: 'string', default: SHAPE_NAMES.join(',') },
      peers: { type: 'string', default: PEER_NAMES.join(',') },
      rounds: { type: 'string', default: '3' },
      connections: { type: 'string', default: '8' },
      write: { type: 'boolean', default: false },
      upload: { type: 'boolean', default: false },
      flat: { type: 'boolean', default: false },
    },
  });
  return {
    sizeMib: readCount('size', values.size ?? (values.flat ? '8192' : '512'), 16_384),
    shapes: readNames('shapes', values.shapes, SHAPE_NAMES),
    peers: readNames('peers', values.peers, PEER_NAMES),
    rounds: readCount('rounds', values.rounds, 100),
    connections: readCount('connections', values.connections, 64),
    write: values.write,
    upload: values.flat ? 'flat' : values.upload ? 'release' : undefined,
  };
}

function readCount(flag: string, text: string, max: number): number {
  const count = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > max) throw new Error(`--${flag} is "${text}"; it is a whole number from 1 to ${max}.`);
  return count;
}

function readNames<T extends string>(flag: string, text: string, known: readonly T[]): T[] {
  const asked = text.split(',').map((name) => name.trim());
  const unknown = asked.filter((name) => !known.some((one) => one === name));
  if (unknown.length > 0) throw new Error(`--${flag} knows ${known.join(', ')}, and not ${unknown.join(', ')}.`);
  return known.filter((name) => asked.includes(name));
}
