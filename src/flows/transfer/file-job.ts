// One file from its opening to its verdict: its slot, its second chances, its result. Its ranges are file-ranges.ts.

import { codeOf } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import type { Blob, Slot, Source, Store } from '../../core/ports.ts';
import type { RemoteFile, Snapshot } from '../../core/snapshot.ts';
import { lengthOf } from '../../core/transfer/schedule.ts';
import { createFileRanges, type FileRanges, type FileRangesDependencies } from './file-ranges.ts';

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

export interface FileJobDependencies extends Omit<FileRangesDependencies, 'credit'> {
  readonly store: Store;
  /** @param delta may be negative, when bytes turned out to be worth nothing. */
  onProgress(delta: number, source: string | undefined): void;
}

export interface FileJob {
  readonly file: RemoteFile;
  readonly path: string;
  readonly sizeBytes: number;
  /** Opens the slot; after it `take` gives ranges. A failure is kept and ends the job.
   * @returns false while another process brings the same content in */
  open(signal: AbortSignal): Promise<boolean>;
  /** The same, but waits for the other process. */
  openWhenFree(signal: AbortSignal): Promise<void>;
  /** @param rangeBytes the most that is wanted at once */
  take(rangeBytes: number): Range | undefined;
  /** Connections at work on it. */
  readonly lanes: number;
  /** Moves a range that was taken; what of it was taken away again can be taken anew. A failure is kept and ends the job. */
  run(range: Range, signal: AbortSignal): Promise<void>;
  /** Takes ranges away from connections that are much slower than they need to be. @param hasSpare there are idle connections */
  review(hasSpare: boolean): void;
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

/** One more try with a single source; with several, each may be doubted once and tried alone once. */
function allowedWrongs(sources: number): number {
  return 2 * sources - 1;
}

export function createFileJob(item: TransferItem, deps: FileJobDependencies): FileJob {
  const { file } = item;
  // Only while it is under way: thousands of files may wait, and thousands be done.
  let way: { readonly slot: Slot; readonly ranges: FileRanges } | undefined;
  let creditedBytes = 0;
  let wrongBytes = 0;
  let outcome: Omit<FileResult, 'sent'> = { resumedBytes: 0, lostBytes: 0 };
  let sent: FileResult['sent'] = {};

  const credit = (delta: number, source?: string) => {
    creditedBytes += delta;
    deps.onProgress(delta, source);
  };
  const fail = (error: Error) => {
    outcome = { ...outcome, error };
  };
  async function begin(open: () => Promise<Slot | undefined>): Promise<boolean> {
    try {
      const slot = await open();
      if (slot === undefined) return false;
      const reset = async () => {
        await slot.reset();
        credit(-creditedBytes);
      };
      way = { slot, ranges: createFileRanges(item, { ...slot, reset }, { ...deps, credit }) };
      way.ranges.refill(slot.missing);
      // Also what another process has brought.
      credit(file.sizeBytes - lengthOf(slot.missing));
    } catch (error) {
      fail(error as Error);
    }
    return true;
  }
  // Not at the end of the run: another process may want to go on from here.
  async function leave(): Promise<void> {
    if (way === undefined) return;
    const { slot, ranges } = way;
    sent = ranges.sent;
    outcome = { ...outcome, resumedBytes: slot.resumedBytes, lostBytes: slot.lostBytes };
    way = undefined;
    try {
      await slot.suspend();
    } catch (error) {
      // What cannot be kept is fetched again next time; what the file failed with before says more.
      if (outcome.error === undefined && outcome.blob === undefined) fail(error as Error);
    }
  }

  return {
    file,
    path: file.path,
    sizeBytes: file.sizeBytes,
    open: (signal) => begin(() => deps.store.openUnlessHeld(file, signal)),
    async openWhenFree(signal) {
      await begin(() => deps.store.open(file, signal));
    },
    get lanes() {
      return way?.ranges.lanes ?? 0;
    },
    take: (rangeBytes) => way?.ranges.take(rangeBytes),
    async run(range, signal) {
      await way?.ranges.run(range, signal);
    },
    review: (hasSpare) => way?.ranges.review(hasSpare),
    isIdle: () => way === undefined || way.ranges.isIdle(),
    async settle(signal) {
      if (way === undefined) return 'done';
      const { slot, ranges } = way;
      try {
        if (ranges.failure !== undefined) throw ranges.failure;
        slot.doubt(ranges.blame.doubtful());
        outcome = { ...outcome, blob: await slot.commit(signal) };
        for (const name of ranges.blame.convict(slot.marks)) deps.standings.convict(name, wrongOnes(name));
      } catch (error) {
        const isWrong = codeOf(error) === 'DIGEST_MISMATCH' && !signal.aborted;
        if (isWrong && retryWrongBytes(slot, ranges, error as Error)) return 'again';
        fail(error as Error);
      }
      await leave();
      return 'done';
    },
    abandon: fail,
    close: leave,
    result: () => ({ ...outcome, sent }),
  };

  // Wrong bytes: from another source, or from the same one once more.
  function retryWrongBytes(slot: Slot, { blame, leads, refill }: FileRanges, error: Error): boolean {
    const gone = slot.missing;
    credit(-lengthOf(gone));
    const { suspects, isProved, isGuess } = blame.accuse(gone, slot.marks);
    // What lay on the disk before is nobody's fault; that the repair of a located piece ends is the slot's business.
    const isLocated = lengthOf(gone) < file.sizeBytes && !isGuess;
    const isForgiven = isLocated || (suspects.length === 0 && gone.length > 0);
    if (!isForgiven && wrongBytes >= allowedWrongs(item.sources.length)) return false;
    if (!isForgiven) wrongBytes += 1;
    if (isProved) for (const name of suspects) deps.standings.convict(name, error);
    // The origin promised these digests: only its own bytes can prove it wrong.
    for (const name of suspects.filter((suspect) => leads.hasLast(suspect))) {
      isProved ? leads.leave(name, error) : leads.doubt(name);
    }
    // A source may have brought the file whole, and would leave the rest to that.
    leads.renew();
    refill(slot.missing);
    return true;
  }

  function wrongOnes(name: string): Error {
    return new Error(`${file.path} came with wrong bytes from ${name}; they were fetched again from another source.`);
  }
}
