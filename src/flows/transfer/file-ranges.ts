// The ranges of one open file: what is left, what is under way, and from which source. It moves what it is told to, and proves nothing.

import { codeOf, type ModelFetchError } from '../../core/errors.ts';
import type { Range } from '../../core/http.ts';
import type { Located, Slot, Source } from '../../core/ports.ts';
import type { RetryPolicy } from '../../core/retry.ts';
import { cutRange, mergeRanges } from '../../core/transfer/schedule.ts';
import { type Blame, createBlame } from './blame.ts';
import type { TransferItem } from './file-job.ts';
import { createLeads, type Leads } from './leads.ts';
import { createMove, type Lead, type MoveDependencies, moveRange } from './move-range.ts';
import { createRunning, type Running } from './running.ts';
import type { Standings } from './standings.ts';

export interface FileRangesDependencies extends Omit<MoveDependencies, 'onBytes' | 'onHead' | 'onRest' | 'onRetry'> {
  readonly standings: Standings;
  /** @param isAlone no other source could be asked in place of the one that failed */
  onRetry(retry: Retry, isAlone: boolean): void;
  /** @param delta may be negative */
  credit(delta: number, source?: string): void;
}

export interface Retry {
  readonly error: ModelFetchError;
  readonly attempt: number;
  readonly waitMs: number;
}

export interface FileRanges {
  readonly blame: Blame;
  readonly leads: Leads;
  /** Bytes over the network by source. */
  readonly sent: Readonly<Record<string, number>>;
  /** What ended it. */
  readonly failure: Error | undefined;
  /** Connections at work on it. */
  readonly lanes: number;
  /** These ranges, and no others, are to be taken. */
  refill(missing: readonly Range[]): void;
  take(rangeBytes: number): Range | undefined;
  run(range: Range, signal: AbortSignal): Promise<void>;
  review(hasSpare: boolean): void;
  isIdle(): boolean;
}

export function createFileRanges(item: TransferItem, slot: Slot, deps: FileRangesDependencies): FileRanges {
  const { file, snapshot, sources } = item;
  const { standings } = deps;
  const sent: Record<string, number> = {};
  const blame = createBlame(file.sizeBytes, sources);
  const locate = (source: Source, signal: AbortSignal) => source.locate(snapshot, file, signal);
  const leads = createLeads({ path: file.path, sources, standings, locate, toLead });
  const running = createRunning(file.path, leads, standings);
  let pending: readonly Range[] = [];
  let active = 0;
  let failure: Error | undefined;

  function toLead(source: Source, located: Located): Lead {
    const lead: Lead = {
      snapshot,
      file,
      source,
      slot: { ...slot, reset },
      located,
      direct: undefined,
      first: undefined,
      hasRanges: false,
      whole: undefined,
      isSole: () => !leads.hasOther(source.name) && running.areAllFrom(source.name),
      claimAll() {
        const isAlone = active === 1;
        if (isAlone || !lead.hasRanges) pending = [];
        return isAlone;
      },
    };
    return lead;
  }

  async function reset(): Promise<void> {
    await slot.reset();
    blame.forgetAll();
  }

  async function runFrom({ lead, move, gauge, cut }: Running, isAlone: boolean): Promise<void> {
    const { name } = lead.source;
    const once: MoveDependencies = {
      ...deps,
      policy: isAlone ? deps.policy : impatient(deps.policy),
      onHead() {
        gauge.head();
        standings.answer(name);
      },
      onBytes(count) {
        blame.note(name, { start: move.front - count, end: move.front });
        sent[name] = (sent[name] ?? 0) + count;
        gauge.note(count);
        deps.credit(count, name);
      },
      ...(isAlone || lead.source.kind !== 'cache' ? {} : { mayRetry: () => standings.stumble(name) }),
      onRest: (isResting) => (isResting ? gauge.rest() : gauge.resume()),
      onRetry: (error, attempt, waitMs) => deps.onRetry({ error, attempt, waitMs }, isAlone),
    };
    await moveRange(lead, move, once, cut);
  }

  // From the quickest source, and from the next one when it fails. What is taken away on the way goes back to the rest.
  async function bring(range: Range, signal: AbortSignal): Promise<void> {
    const move = createMove(range);
    await leads.locate(signal);
    for (;;) {
      const lead = leads.choose(move.end - move.front);
      const { name } = lead.source;
      const attempt = running.begin(lead, move, signal);
      const isAlone = !leads.hasOther(name);
      try {
        return await runFrom(attempt, isAlone);
      } catch (error) {
        if (attempt.cut.aborted && !signal.aborted) return giveBack(attempt);
        const isOver = isAlone && !leads.hasLast(name);
        if (!canSwitch(error) || signal.aborted || isOver) throw error;
        standings.strike(name, file.path, error as Error);
        leads.leave(name, error as Error);
        move.failures = 0;
      } finally {
        running.end(attempt);
      }
    }
  }

  function giveBack({ lead, move }: Running): void {
    if (lead.whole === move) lead.whole = undefined;
    if (failure === undefined) pending = mergeRanges([...pending, { start: move.front, end: move.end }]);
  }

  return {
    blame,
    leads,
    sent,
    get failure() {
      return failure;
    },
    get lanes() {
      return active;
    },
    refill(missing) {
      pending = missing;
    },
    take(rangeBytes) {
      const cut = failure === undefined ? cutRange(pending, rangeBytes) : undefined;
      if (cut === undefined) return undefined;
      pending = cut.rest;
      active += 1;
      return cut.range;
    },
    async run(range, signal) {
      try {
        await bring(range, signal);
      } catch (error) {
        failure ??= error as Error;
        pending = [];
      } finally {
        active -= 1;
      }
    },
    review: running.review,
    isIdle: () => pending.length === 0 && active === 0,
  };
}

/** With another source at hand, one that fails is not waited for. */
function impatient(policy: RetryPolicy): RetryPolicy {
  return { ...policy, retries: Math.min(1, policy.retries), patienceMs: 2000 };
}

function canSwitch(error: unknown): boolean {
  const code = codeOf(error);
  return code !== undefined && !['ABORTED', 'DISK_FULL', 'DISK_IO'].includes(code);
}
