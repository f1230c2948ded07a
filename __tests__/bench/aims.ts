// The table of aims: what was set out to be reached, what was measured, and whether it is met. Pure.

import { PACED_BYTES_PER_SECOND } from './origin/door.ts';
import { PEERS } from './peers/index.ts';
import { PEER_NAMES, type PeerName } from './peers/peer.ts';
import { type Results, wall } from './results.ts';
import type { Run } from './rounds.ts';
import { SHAPE_NAMES, type ShapeName } from './shapes.ts';

export interface AimContext {
  readonly results: Results;
  readonly connections: number;
  readonly largeBytes: number;
  readonly changedBytes: number;
  readonly manyFiles: number;
  /** Peak memory of a Node that does nothing. */
  readonly nodeBytes: number;
  /** What reading calls give to our command when it only tells its version: its own program. */
  readonly programBytes: number;
}

export interface Verdict {
  readonly measured: string;
  readonly met: boolean;
}

interface Aim {
  readonly shape: ShapeName | 'all';
  readonly text: string;
  /** Undefined: not measured in this run, or by runs that failed. */
  judge(context: AimContext): Verdict | undefined;
}

const MB = 1_000_000;
const CLIENTS = PEER_NAMES.filter((name) => PEERS[name].verifies !== undefined && name !== 'ours');
const VERIFYING = CLIENTS.filter((name) => PEERS[name].verifies === true);
/** A listing and receipts are small; content is not. */
const NO_CONTENT_BYTES = MB;

export const AIMS: readonly Aim[] = [
  { shape: 'A', text: 'within 1.25 × the floor', judge: within('A', ['A', 'floor'], 1.25, 'the floor') },
  { shape: 'A', text: 'ahead of every client that verifies', judge: ahead('A', VERIFYING) },
  { shape: 'A', text: 'last byte to verdict: at most 2 % of the run or 200 ms', judge: tail },
  { shape: 'A-TLS', text: 'ahead of every client', judge: ahead('A-TLS', CLIENTS) },
  { shape: 'B', text: 'at least 90 % of connections × limit', judge: share },
  { shape: 'B', text: 'ahead of every client at the same number of connections', judge: ahead('B', CLIENTS) },
  { shape: 'C', text: 'under 0.15 s', judge: warm },
  { shape: 'C', text: 'no byte of content read', judge: unread },
  { shape: 'D', text: 'moves the changed shard and no other byte', judge: moved },
  { shape: 'D', text: 'at most 0.35 × A', judge: within('D', ['A', 'ours'], 0.35, 'A') },
  { shape: 'E', text: 'at least 1,000 files a second', judge: filesPerSecond },
  {
    shape: 'F',
    text: 'within 1.15 × the same without resets (F0)',
    judge: within('F', ['F0', 'ours'], 1.15, 'F0'),
  },
  { shape: 'G', text: 'within 1.1 × the fast source alone (B)', judge: within('G', ['B', 'ours'], 1.1, 'B') },
  { shape: 'all', text: 'peak memory at most 200 MB above Node’s own', judge: memory },
];

function within(shape: ShapeName, other: readonly [ShapeName, PeerName], limit: number, name: string): Aim['judge'] {
  return ({ results }) => {
    const ratio = results.ratio([shape, 'ours'], other);
    return ratio === undefined ? undefined : { measured: `${ratio.toFixed(2)} × ${name}`, met: ratio <= limit };
  };
}

function ahead(shape: ShapeName, peers: readonly PeerName[]): Aim['judge'] {
  return ({ results }) => {
    const ratios = results
      .finishers(shape, peers)
      .map((peer) => ({ peer, ratio: results.ratio([shape, 'ours'], [shape, peer]) ?? Number.NaN }))
      .filter(({ ratio }) => !Number.isNaN(ratio));
    if (ratios.length === 0) return undefined;
    const measured = ratios.map(({ peer, ratio }) => `${ratio.toFixed(2)} × ${PEERS[peer].title}`).join(', ');
    return { measured, met: ratios.every(({ ratio }) => ratio < 1) };
  };
}

function judgeSpread(shape: ShapeName, value: (run: Run) => number, verdict: (median: number) => Verdict) {
  return ({ results }: AimContext): Verdict | undefined => {
    const spread = results.spread([shape, 'ours'], value);
    return spread === undefined ? undefined : verdict(spread.median);
  };
}

function tail(context: AimContext): Verdict | undefined {
  const tailSeconds = (run: Run) => (run.measured.endMs - (run.traffic.lastSentMs ?? run.measured.endMs)) / 1000;
  const runSeconds = context.results.spread(['A', 'ours'], wall)?.median ?? 0;
  return judgeSpread('A', tailSeconds, (seconds) => ({
    measured: `${Math.round(seconds * 1000)} ms from the last byte that the origin sent to the exit`,
    met: seconds <= Math.max(0.2, 0.02 * runSeconds),
  }))(context);
}

function share(context: AimContext): Verdict | undefined {
  const limitSeconds = context.largeBytes / (context.connections * PACED_BYTES_PER_SECOND);
  return judgeSpread('B', wall, (seconds) => ({
    measured: `${((100 * limitSeconds) / seconds).toFixed(0)} %`,
    met: limitSeconds / seconds >= 0.9,
  }))(context);
}

function warm(context: AimContext): Verdict | undefined {
  return judgeSpread('C', wall, (seconds) => ({ measured: `${seconds.toFixed(3)} s`, met: seconds < 0.15 }))(context);
}

function unread(context: AimContext): Verdict | undefined {
  const readBytes = (run: Run) => run.measured.readBytes - context.programBytes;
  return judgeSpread('C', readBytes, (bytes) => ({
    measured: `${(bytes / MB).toFixed(2)} MB came out of reading calls beyond the program itself, the listing included`,
    met: bytes <= NO_CONTENT_BYTES,
  }))(context);
}

function moved(context: AimContext): Verdict | undefined {
  const fileBytes = (run: Run) => run.traffic.fileBytes;
  return judgeSpread('D', fileBytes, (bytes) => ({
    measured: `the origin sent ${(bytes / context.changedBytes).toFixed(3)} × the shard`,
    met: bytes === context.changedBytes,
  }))(context);
}

function filesPerSecond(context: AimContext): Verdict | undefined {
  const perSecond = (run: Run) => context.manyFiles / wall(run);
  return judgeSpread('E', perSecond, (rate) => ({ measured: rate.toFixed(0), met: rate >= 1000 }))(context);
}

function memory({ results, nodeBytes }: AimContext): Verdict | undefined {
  const peaks = SHAPE_NAMES.flatMap((shape) => {
    const spread = results.spread([shape, 'ours'], (run) => run.measured.peakBytes - nodeBytes);
    return spread === undefined ? [] : [{ shape, bytes: spread.max }];
  });
  const most = peaks.toSorted((a, b) => b.bytes - a.bytes)[0];
  if (most === undefined) return undefined;
  return { measured: `${(most.bytes / MB).toFixed(0)} MB, in ${most.shape}`, met: most.bytes <= 200 * MB };
}
