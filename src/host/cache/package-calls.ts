// Calls into a package that knows no signal and waits for minutes: each is waited for as long as something moves, and left when
// nothing does. What is left can reach the network no more, so it comes to an end, and to nothing.

import type { Allowance } from '../../core/cache/allowance.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { type PackageWatch, watchPackage } from './package-watch.ts';
import { createPatience } from './patience.ts';
import { onStray } from './stray-error.ts';

export interface PackageCalls {
  /** Begins a call, which may overlap with others; what one of them moves is a sign of life of all. */
  begin<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for a call that was begun.
   * @throws CACHE_RESTORE when nothing moves; what the call throws, also where it throws it at the process */
  wait<T>(lasting: Promise<T>, way: Way): Promise<T>;
}

/** What is moved by calls of a kind; those of different kinds do not overlap. */
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

/** What takes longer to show a sign of life is slow, and the allowance is less by it. */
const FAIR_MS = 500;

export function createPackageCalls({ clock, allowance }: PackageCallsParts): PackageCalls {
  const left = Promise.withResolvers<never>();
  // Most calls end before that.
  left.promise.catch(() => undefined);
  let waiting = 0;
  let unsettled = 0;
  let current: Way = { leastBytes: 0, sends: false };
  let session: Session | undefined;

  function open(): Session {
    const watch = watchPackage();
    const progress = createProgress(watch, allowance);
    const isTheirTurn = () => {
      if (progress.look(current)) patience.renew();
      return waiting > 0 && !watch.isOurTurn;
    };
    const patience = createPatience({ clock, limitMs: () => allowance.leftMs, isTheirTurn, onWait: progress.wait });
    patience.signal.addEventListener('abort', () => {
      watch.cut();
      left.reject(failure('it stood still'));
    });
    const release = onStray((error) => left.reject(failure(error.message)));
    return {
      during: watch.during,
      end() {
        progress.look(current);
        patience.end();
        watch.end();
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
      current = way;
      waiting += 1;
      try {
        return await Promise.race([lasting, left.promise]);
      } finally {
        waiting -= 1;
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
function createProgress(watch: PackageWatch, allowance: Allowance) {
  let mark = { bytes: 0, ended: 0, endedBytes: 0 };
  let waitedMs = 0;
  return {
    wait(ms: number) {
      waitedMs = ms;
    },
    look({ leastBytes, sends }: Way): boolean {
      const { movedBytes, ended, endedBytes } = watch;
      const isAnswered = ended > mark.ended;
      if (!isAnswered && movedBytes - mark.bytes < leastBytes) return false;
      const isCall = isAnswered && endedBytes - mark.endedBytes < leastBytes;
      if ((isCall || !sends) && waitedMs > FAIR_MS) allowance.spend(waitedMs);
      mark = { bytes: movedBytes, ended, endedBytes };
      waitedMs = 0;
      return true;
    },
  };
}

function failure(message: string): ModelFetchError {
  return new ModelFetchError('CACHE_RESTORE', message);
}
