// One file on its way into the store: its ranges, what its sources bring, and its second chances. It moves what it is told to.

import { codeOf } from '../core/errors.ts';
import type { Range } from '../core/http.ts';
import type { Blob, Located, Slot, Source, Store } from '../core/ports.ts';
import type { RetryPolicy } from '../core/retry.ts';
import { cutRange, lengthOf, mergeRanges } from '../core/schedule.ts';
import type { RemoteFile, Snapshot } from '../core/snapshot.ts';
import { createBlame } from './blame.ts';
import { createLeads } from './leads.ts';
import { createMove, type Lead, type MoveDependencies, moveRange } from './move-range.ts';
import { createRunning, type Running } from './running.ts';
import type { Standings } from './standings.ts';

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

export interface FileJobDependencies extends Omit<MoveDependencies, 'onBytes' | 'onHead'> {
  readonly store: Store;
  readonly standings: Standings;
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
  const { file, sources } = item;
  const { standings } = deps;
  const sent: Record<string, number> = {};
  const blame = createBlame(file.sizeBytes, sources);
  let slot: Slot | undefined;
  let pending: readonly Range[] = [];
  let active = 0;
  let creditedBytes = 0;
  let wrongBytes = 0;
  let resumedBytes = 0;
  let lostBytes = 0;
  let blob: Blob | undefined;
  let failure: Error | undefined;

  const credit = (delta: number, source?: string) => {
    creditedBytes += delta;
    deps.onProgress(delta, source);
  };
  const leads = createLeads({
    path: file.path,
    sources,
    standings,
    locate: (source, signal) => source.locate(item.snapshot, file, signal),
    toLead,
  });
  const running = createRunning(leads, standings);

  async function begin(open: () => Promise<Slot | undefined>): Promise<boolean> {
    try {
      slot = await open();
      if (slot === undefined) return false;
      pending = slot.missing;
      // Also what another process has brought.
      credit(file.sizeBytes - lengthOf(pending));
    } catch (error) {
      failure = error as Error;
    }
    return true;
  }

  function toLead(source: Source, located: Located): Lead {
    if (slot === undefined) throw new Error(`${file.path} is not open`);
    const lead: Lead = {
      snapshot: item.snapshot,
      file,
      source,
      slot: watch(slot),
      located,
      direct: undefined,
      first: undefined,
      hasRanges: false,
      whole: undefined,
      isSole: () => !leads.hasLast(source.name),
      claimAll() {
        const isAlone = active === 1;
        if (isAlone || !lead.hasRanges) pending = [];
        return isAlone;
      },
    };
    return lead;
  }

  // A reset takes back what was counted.
  function watch(open: Slot): Slot {
    const reset = async () => {
      credit(-creditedBytes);
      blame.forgetAll();
      await open.reset();
    };
    return { ...open, reset };
  }

  async function runFrom(lead: Lead, { move, gauge, cut }: Running, signal: AbortSignal): Promise<void> {
    const { name } = lead.source;
    const onBytes = (count: number) => {
      blame.note(name, { start: move.front - count, end: move.front });
      sent[name] = (sent[name] ?? 0) + count;
      gauge.note(count);
      credit(count, name);
    };
    const policy = leads.hasOther(name) ? impatient(deps.policy) : deps.policy;
    await moveRange(lead, move, { ...deps, policy, onBytes, onHead: gauge.head }, AbortSignal.any([signal, cut]));
  }

  // Ranges that other connections still have from this source leave it when they fail, too.
  function giveUp(name: string, error: Error): void {
    standings.strike(name, error);
    leads.leave(name, error);
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
          const lead = await leads.choose(move.end - move.front, signal);
          const attempt = running.begin(lead.source.name, move);
          try {
            return await runFrom(lead, attempt, signal);
          } catch (error) {
            if (attempt.cut.aborted && !signal.aborted) {
              if (lead.whole === move) lead.whole = undefined;
              pending = mergeRanges([...pending, { start: move.front, end: move.end }]);
              return;
            }
            if (!canSwitch(error) || signal.aborted || !leads.hasLast(lead.source.name)) throw error;
            giveUp(lead.source.name, error as Error);
          } finally {
            running.end(attempt);
          }
        }
      } catch (error) {
        failure ??= error as Error;
        pending = [];
      } finally {
        active -= 1;
      }
    },
    review: running.review,
    isIdle: () => pending.length === 0 && active === 0,
    async settle(signal) {
      const open = slot;
      if (open === undefined) return 'done';
      if (failure !== undefined) {
        // Not at the end of the run: another process may want to go on from here.
        await open.suspend();
        return 'done';
      }
      try {
        open.doubt(blame.doubtful());
        blob = await open.commit(signal);
        for (const name of blame.convict(open.marks)) standings.convict(name, wrongOnes(name));
        // Thousands of files may be done before the last one is.
        ({ resumedBytes, lostBytes } = open);
        slot = undefined;
        leads.renew();
      } catch (error) {
        const isWrong = codeOf(error) === 'DIGEST_MISMATCH' && !signal.aborted;
        if (isWrong && retryWrongBytes(open, error as Error)) return 'again';
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
      resumedBytes: slot?.resumedBytes ?? resumedBytes,
      lostBytes: slot?.lostBytes ?? lostBytes,
    }),
  };

  // Wrong bytes: from another source, or from the same one once more.
  function retryWrongBytes(open: Slot, error: Error): boolean {
    const gone = open.missing;
    credit(-lengthOf(gone));
    const { suspects, isProved, isGuess } = blame.accuse(gone, open.marks);
    // What lay on the disk before is nobody's fault; that the repair of a located piece ends is the slot's business.
    const isLocated = lengthOf(gone) < file.sizeBytes && !isGuess;
    const isForgiven = isLocated || (suspects.length === 0 && gone.length > 0);
    if (!isForgiven && wrongBytes >= allowedWrongs(sources.length)) return false;
    if (!isForgiven) wrongBytes += 1;
    if (isProved) for (const name of suspects) standings.convict(name, error);
    // The origin promised these digests: only its own bytes can prove it wrong.
    for (const name of suspects.filter((suspect) => leads.hasLast(suspect))) {
      isProved ? leads.leave(name, error) : leads.doubt(name);
    }
    // A source may have brought the file whole, and would leave the rest to that.
    leads.renew();
    pending = open.missing;
    return true;
  }

  function wrongOnes(name: string): Error {
    return new Error(`${file.path} came with wrong bytes from ${name}; they were fetched again from another source.`);
  }
}

/** With another source at hand, one that fails is not waited for. */
function impatient(policy: RetryPolicy): RetryPolicy {
  return { ...policy, retries: Math.min(1, policy.retries), patienceMs: 2000 };
}

function canSwitch(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !['ABORTED', 'DISK_FULL', 'DISK_IO'].includes(code);
}
