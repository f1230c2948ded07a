// The table of clients.

import { execFileSync } from 'node:child_process';
import { aria2 } from './aria2.ts';
import { curl } from './curl.ts';
import { floor } from './floor.ts';
import { hub } from './hub.ts';
import { ours } from './ours.ts';
import type { Peer, PeerName } from './peer.ts';

export const PEERS: Readonly<Record<PeerName, Peer>> = { ours, floor, aria2, hub, curl };

/** The first of a client's programs that this machine does not have. */
export function missingProgram({ programs }: Peer): string | undefined {
  return programs.find((program) => !isInstalled(program));
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('sh', ['-c', 'command -v "$1"', 'sh', program], { stdio: 'ignore' });
    return true;
  } catch {
    // `command -v` says no by its exit code.
    return false;
  }
}
