// What the benchmark asks of a client. Each has a file beside this one that says how to start it, and runs nothing.

import type { Fixture, FixtureFile, Revision } from '../fixture.ts';
import type { Command } from '../measure.ts';
import type { Door } from '../origin/door.ts';
import type { Shape } from '../shapes.ts';

export const PEER_NAMES = ['ours', 'floor', 'aria2', 'hub', 'curl'] as const;
export type PeerName = (typeof PEER_NAMES)[number];

/** One run of one client. */
export interface Task {
  readonly door: Door;
  /** A second source of every file, for clients that can use it. */
  readonly secondDoor?: Door;
  readonly fixture: Fixture;
  readonly revision: Revision;
  /** What differs from what was fetched before; all files at first. */
  readonly changed: readonly FixtureFile[];
  readonly connections: number;
  /** Empty at first, and the client's own; what an earlier run of it left is here. */
  readonly ground: string;
  /** The authority of the origin's certificate, where the door has one. */
  readonly authorityFile: string | undefined;
}

export interface Peer {
  readonly title: string;
  /** `false`: may end well with wrong bytes. `undefined`: not a client. */
  readonly verifies: boolean | undefined;
  /** Programs that it needs. */
  readonly programs: readonly string[];
  /** Why it cannot show this shape. */
  refusal?(shape: Shape): string | undefined;
  /** Writes what the client reads, such as lists of addresses, into the ground, too. */
  prepare(task: Task): Command;
  /** Where its files lie afterwards. */
  filesFolder(task: Task): string;
}

/** The address of a file of the task, as the hub's pages show it. */
export function resolveUrl({ fixture, revision }: Task, door: Door, file: FixtureFile): string {
  return `${door.hubUrl}/${fixture.id}/resolve/${revision.commit}/${file.path}`;
}

/** What Node and OpenSSL read to trust the origin's certificate. */
export function trust({ authorityFile }: Task): Record<string, string> {
  return authorityFile === undefined ? {} : { NODE_EXTRA_CA_CERTS: authorityFile };
}
