// One file on its way into the store: its ranges, its sources in order, and its second chances. It moves what it is told to.

import { codeOf, ModelFetchError } from '../core/errors.ts';
import type { Range } from '../core/http.ts';
import type { Blob, Slot, Source, Store } from '../core/ports.ts';
import { cutRange } from '../core/schedule.ts';
import type { RemoteFile, Snapshot } from '../core/snapshot.ts';
import { createMove, type Lead, type Move, type MoveDependencies, moveRange } from './move-range.ts';

export interface TransferItem {
  readonly snapshot: Snapshot;
  readonly file: RemoteFile;
  /** Best first. */
  readonly sources: readonly Source[];
}

export interface FileResult {
  readonly blob?: Blob;
  readonly error?: Error;
  /** Bytes over the network by source, bytes sent twice included. */
  readonly sent: Readonly<Record<string, number>>;
  readonly resumedBytes: number;
  readonly lostBytes: number;
}

export interface FileJobDependencies extends Omit<MoveDependencies, 'onBytes'> {
  readonly store: Store;
  /** @param delta may be negative, when bytes turned out to be worth nothing. */
  onProgress(delta: number, source: string | undefined): void;
  /** A source gave wrong bytes or gave up on this file. */
  onDrop(source: string, error: Error): void;
}

export interface FileJob {
  readonly file: RemoteFile;
  readonly path: string;
  readonly sizeBytes: number;
  /** Opens the slot; after it `take` gives ranges. A failure is kept and ends the job. */
  open(signal: AbortSignal): Promise<void>;
  /** @param rangeBytes the most that is wanted at once */
  take(rangeBytes: number): Range | undefined;
  /** Connections at work on it. */
  readonly lanes: number;
  /** Moves a range that was taken; a failure is kept and ends the job. */
  run(range: Range, signal: AbortSignal): Promise<void>;
  /** True when nothing is left to take and nothing is under way. */
  isIdle(): boolean;
  /** Proves the file, or prepares another try at it. Call it when idle; a failure is kept. */
  settle(signal: AbortSignal): Promise<'done' | 'again'>;
  /** Ends a job that was never opened. */
  abandon(error: Error): void;
  /** Lets go of the slot; what arrived is kept for the next run. */
  close(): Promise<void>;
  result(): FileResult;
}

const WRONG_BYTES_ALLOWED = 1;

export function createFileJob(item: TransferItem, deps: FileJobDependencies): FileJob {
  const { file } = item;
  const sources = [...item.sources];
  const sent: Record<string, number> = {};
  let slot: Slot | undefined;
  let lead: Lead | undefined;
  let aiming: Promise<Lead> | undefined;
  let pending: readonly Range[] = [];
  let active = 0;
  let creditedBytes = 0;
  let wrongBytes = 0;
  let blob: Blob | undefined;
  let failure: Error | undefined;

  const credit = (delta: number, source?: string) => {
    creditedBytes += delta;
    deps.onProgress(delta, source);
  };
  const refill = (open: Slot) => {
    pending = open.missing;
  };

  // Connections that begin together share one lead: what one of them learns of the source, all know.
  async function currentLead(signal: AbortSignal): Promise<Lead> {
    if (lead !== undefined) return lead;
    aiming ??= aim(signal).finally(() => {
      aiming = undefined;
    });
    lead = await aiming;
    return lead;
  }

  async function aim(signal: AbortSignal): Promise<Lead> {
    const open = slot;
    if (open === undefined) throw new Error(`${file.path} is not open`);
    for (let source = sources[0]; source !== undefined; source = sources[0]) {
      const located = await source.locate(item.snapshot, file, signal);
      if (located !== undefined) {
        return {
          snapshot: item.snapshot,
          file,
          source,
          slot: watch(open),
          located,
          direct: undefined,
          first: undefined,
          hasRanges: false,
          whole: undefined,
          claimAll,
        };
      }
      sources.shift();
    }
    throw new ModelFetchError('FILE_NOT_FOUND', `No source has ${file.path}.`);
  }

  // A reset takes back what was counted.
  const watch = (open: Slot): Slot => ({
    ...open,
    reset: async () => {
      credit(-creditedBytes);
      await open.reset();
    },
  });

  function claimAll(): boolean {
    const isAlone = active === 1;
    if (isAlone || lead?.hasRanges === false) pending = [];
    return isAlone;
  }

  async function runFrom(from: Lead, move: Move, signal: AbortSignal): Promise<void> {
    const onBytes = (count: number) => {
      sent[from.source.name] = (sent[from.source.name] ?? 0) + count;
      credit(count, from.source.name);
    };
    await moveRange(from, move, { ...deps, onBytes }, signal);
  }

  // Ranges that another connection still has from this source leave it when they fail, too.
  function giveUp(from: Lead, error: Error): void {
    if (lead !== from) return;
    deps.onDrop(from.source.name, error);
    sources.shift();
    lead = undefined;
  }

  return {
    file,
    path: file.path,
    sizeBytes: file.sizeBytes,
    async open(signal) {
      try {
        slot = await deps.store.open(file, signal);
        credit(slot.resumedBytes);
        refill(slot);
      } catch (error) {
        failure = error as Error;
      }
    },
    get lanes() {
      return active;
    },
    take(rangeBytes) {
      const cut = failure === undefined ? cutRange(pending, rangeBytes) : undefined;
      if (cut === undefined) return undefined;
      pending = cut.rest;
      active += 1;
      return cut.range;
    },
    async run(range, signal) {
      const move = createMove(range);
      try {
        for (;;) {
          const from = await currentLead(signal);
          try {
            return await runFrom(from, move, signal);
          } catch (error) {
            // Another connection may have left this source already.
            const mayLeave = sources.length > 1 || lead !== from;
            if (!mayLeave || !canSwitch(error) || signal.aborted) throw error;
            giveUp(from, error as Error);
          }
        }
      } catch (error) {
        failure ??= error as Error;
        pending = [];
      } finally {
        active -= 1;
      }
    },
    isIdle: () => pending.length === 0 && active === 0,
    async settle(signal) {
      if (failure !== undefined || slot === undefined) return 'done';
      try {
        blob = await slot.commit(signal);
      } catch (error) {
        if (codeOf(error) === 'DIGEST_MISMATCH' && !signal.aborted && retryWrongBytes(slot, error as Error))
          return 'again';
        failure = error as Error;
      }
      return 'done';
    },
    abandon(error) {
      failure = error;
    },
    async close() {
      await slot?.suspend();
    },
    result: () => ({
      ...(blob === undefined ? {} : { blob }),
      ...(failure === undefined ? {} : { error: failure }),
      sent,
      resumedBytes: slot?.resumedBytes ?? 0,
      lostBytes: slot?.lostBytes ?? 0,
    }),
  };

  // Wrong bytes: the next source, or the same one once more.
  function retryWrongBytes(open: Slot, error: Error): boolean {
    const missingBytes = open.missing.reduce((sum, { start, end }) => sum + end - start, 0);
    if (missingBytes < file.sizeBytes) return repair(open, missingBytes);
    credit(-creditedBytes);
    if (lead !== undefined) deps.onDrop(lead.source.name, error);
    if (sources.length > 1) sources.shift();
    else if (wrongBytes >= WRONG_BYTES_ALLOWED) return false;
    wrongBytes += 1;
    lead = undefined;
    refill(open);
    return true;
  }

  // Only some bytes are wrong, and they may have lain on the disk before: no source is blamed. The slot sees to it that this ends.
  function repair(open: Slot, missingBytes: number): boolean {
    credit(-missingBytes);
    // It may have brought the file whole, and would leave the rest to that.
    lead = undefined;
    refill(open);
    return true;
  }
}

function canSwitch(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !['ABORTED', 'DISK_FULL', 'DISK_IO'].includes(code);
}
