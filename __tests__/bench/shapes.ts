// The table of shapes: what each asks of a client, and through which door of the origin. Data only.

import type { DoorName } from './origin/door.ts';

export interface Shape {
  readonly title: string;
  readonly door: DoorName;
  readonly repository: 'large' | 'many';
  /** What lies in the client's folders when the clock starts: nothing, the same revision, or the one before it. */
  readonly start: 'nothing' | 'same' | 'earlier';
  /** A second address of every file, for clients that can use two. */
  readonly secondDoor?: DoorName;
  /** Whether copying and hashing on this machine is a bound of the shape. */
  readonly hasFloor: boolean;
}

export const SHAPES = {
  A: { title: 'unthrottled', door: 'plain', repository: 'large', start: 'nothing', hasFloor: true },
  'A-TLS': { title: 'A over TLS', door: 'tls', repository: 'large', start: 'nothing', hasFloor: true },
  B: {
    title: '40 MB/s a connection, 20 ms to the first byte',
    door: 'paced',
    repository: 'large',
    start: 'nothing',
    hasFloor: false,
  },
  C: { title: 'warm, nothing to do', door: 'plain', repository: 'large', start: 'same', hasFloor: false },
  D: { title: 'one of four shards changed', door: 'plain', repository: 'large', start: 'earlier', hasFloor: true },
  E: { title: '10,000 files of 4 KB', door: 'plain', repository: 'many', start: 'nothing', hasFloor: true },
  F0: { title: 'F’s pipe without resets', door: 'piped', repository: 'large', start: 'nothing', hasFloor: false },
  F: {
    title: 'a connection is reset every 64 MiB',
    door: 'reset',
    repository: 'large',
    start: 'nothing',
    hasFloor: false,
  },
  G: {
    title: 'B, and a second source at a tenth of its speed',
    door: 'paced',
    secondDoor: 'slow',
    repository: 'large',
    start: 'nothing',
    hasFloor: false,
  },
} as const satisfies Record<string, Shape>;

export type ShapeName = keyof typeof SHAPES;
export const SHAPE_NAMES = Object.keys(SHAPES) as ShapeName[];

/** The row of a shape, its fields as wide as the table allows. */
export function shapeOf(name: ShapeName): Shape {
  return SHAPES[name];
}
