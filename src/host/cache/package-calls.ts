// Calls into a package that knows no signal and waits for minutes: each is waited for as long as something moves, and left when
// nothing does. What is left can reach the network no more, so it comes to an end, and to nothing.

import type { Allowance } from '../../core/cache/allowance.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { createPackagePace } from './package-pace.ts';
import { type PackageWatch, type SeenTransfer, watchPackage } from './package-watch.ts';
import { BEAT_MS, createPatience } from './patience.ts';
import { farMs } from './slowness.ts';
import { onStray } from './stray-error.ts';

export interface PackageCalls {
  /** Begins a call, which may overlap with others; what one of them moves is a sign of life of all. */
  begin<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for a call that was begun.
   * @throws CACHE_RESTORE when nothing moves; what the call throws, also where it throws it at the process */
  wait<T>(lasting: Promise<T>, way: Way): Promise<T>;
}

/** What calls of a kind move. */
export interface Way {
  /** Less, for as long as the allowance lasts, is next to nothing. */
  readonly leastBytes: number;
  /** Bytes that are sent disappear in buffers, and how long the host takes at their end says little. */
  readonly sends: boolean;
}

export interface PackageCallsParts {
  readonly clock: Clock;
  readonly allowance: Allowance;
}

/** What takes longer to show a sign of life is slow, and the allowance is less by it, unless the host is far away. */
const FAIR_MS = 500;
const NO_WAY: Way = { leastBytes: 0, sends: false };

export function createPackageCalls({ clock, allowance }: PackageCallsParts): PackageCalls {
  const left = Promise.withResolvers<never>();
  // Most calls end before that.
  left.promise.catch(() => undefined);
  const ways: Way[] = [];
  let unsettled = 0;
  let session: Session | undefined;

  function open(): Session {
    // What looks things up moves next to nothing beside what sends.
    const way = () => ways.find(({ sends }) => sends) ?? ways[0] ?? NO_WAY;
    const progress = createProgress({ clock, allowance });
    const watch = watchPackage({ clock, onTransfer: progress.begin });
    const isTheirTurn = () => {
      if (progress.look(watch, way())) patience.renew();
      return ways.length > 0 && !watch.isOurTurn;
    };
    const limitMs = () => allowance.leftMs + progress.drainMs;
    const patience = createPatience({ clock, limitMs, isTheirTurn, onWait: progress.wait });
    patience.signal.addEventListener('abort', () => {
      watch.cut();
      left.reject(failure('it stood still'));
    });
    const release = onStray((error) => left.reject(failure(error.message)));
    return {
      during: watch.during,
      end() {
        watch.end();
        progress.look(watch, way());
        patience.end();
        release();
      },
    };
  }

  return {
    begin(work) {
      session ??= open();
      unsettled += 1;
      const lasting = session.during(work);
      const settled = () => {
        unsettled -= 1;
        if (unsettled > 0) return;
        session?.end();
        session = undefined;
      };
      lasting.then(settled, settled);
      return lasting;
    },
    async wait(lasting, way) {
      ways.push(way);
      try {
        return await Promise.race([lasting, left.promise]);
      } finally {
        ways.splice(ways.indexOf(way), 1);
      }
    },
  };
}

/** From the first of several calls to the end of the last. */
interface Session {
  during: PackageWatch['during'];
  end(): void;
}

// Tells signs of life, and charges what came late.
function createProgress({ clock, allowance }: PackageCallsParts) {
  // What was charged for what was sent, since the last sign of life.
  let pacedMs = 0;
  const spend = (ms: number) => {
    pacedMs += ms;
    allowance.spend(ms);
  };
  const pace = createPackagePace({ clock, allowance: { spend } });
  let ended: readonly Ended[] = [];
  let markBytes = 0;
  let waitedMs = 0;
  let allWaitedMs = 0;
  return {
    get drainMs() {
      return pace.drainMs;
    },
    begin(transfer: SeenTransfer) {
      const over = pace.begin(transfer);
      const beforeMs = allWaitedMs;
      return () => {
        over();
        ended = [...ended, { sentBytes: transfer.sentBytes, waitedMs: allWaitedMs - beforeMs }];
      };
    },
    wait(ms: number) {
      waitedMs = ms;
      allWaitedMs += BEAT_MS;
      pace.wait(BEAT_MS);
    },
    look({ movedBytes, reachMs }: PackageWatch, { leastBytes, sends }: Way): boolean {
      pace.look();
      if (ended.length === 0 && movedBytes - markBytes < leastBytes) return false;
      // What was sent is judged by its pace, and what others were silent before is not a call's fault.
      const calls = ended.filter(({ sentBytes }) => sentBytes < leastBytes);
      const lateMs = sends ? Math.min(waitedMs, Math.max(0, ...calls.map((call) => call.waitedMs))) : waitedMs;
      if (lateMs > FAIR_MS + farMs(reachMs, allowance)) {
        allowance.spend(Math.max(0, lateMs - pacedMs));
        pace.judged();
      }
      ended = [];
      markBytes = movedBytes;
      waitedMs = 0;
      pacedMs = 0;
      return true;
    },
  };
}

/** A request that is over, and how long all waited while it lasted. */
interface Ended {
  readonly sentBytes: number;
  readonly waitedMs: number;
}

function failure(message: string): ModelFetchError {
  return new ModelFetchError('CACHE_RESTORE', message);
}
