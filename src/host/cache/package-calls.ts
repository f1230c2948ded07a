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
   * @param leastBytes less, for as long as the allowance lasts, is next to nothing
   * @throws CACHE_RESTORE when nothing moves; what the call throws, also where it throws it at the process */
  wait<T>(lasting: Promise<T>, leastBytes: number): Promise<T>;
}

export interface PackageCallsParts {
  readonly clock: Clock;
  readonly allowance: Allowance;
}

/** An answer that takes longer, to a question of few bytes, is slow, and the allowance is less by it. */
const FAIR_MS = 500;

export function createPackageCalls({ clock, allowance }: PackageCallsParts): PackageCalls {
  const left = Promise.withResolvers<never>();
  // Most calls end before that.
  left.promise.catch(() => undefined);
  let waiting = 0;
  let unsettled = 0;
  let least = 0;
  let session: Session | undefined;

  function open(): Session {
    const watch = watchPackage();
    const progress = createProgress(watch, allowance);
    const isTheirTurn = () => {
      if (progress.look(least)) patience.renew();
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
        progress.look(least);
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
    async wait(lasting, leastBytes) {
      least = leastBytes;
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
  let mark = { bytes: 0, ended: 0 };
  let answeredBytes = 0;
  let waitedMs = 0;
  return {
    wait(ms: number) {
      waitedMs = ms;
    },
    look(leastBytes: number): boolean {
      const { movedBytes, ended } = watch;
      const isAnswered = ended > mark.ended;
      if (!isAnswered && movedBytes - mark.bytes < leastBytes) return false;
      if (isAnswered && movedBytes - answeredBytes < leastBytes && waitedMs > FAIR_MS) allowance.spend(waitedMs);
      if (isAnswered) answeredBytes = movedBytes;
      mark = { bytes: movedBytes, ended };
      waitedMs = 0;
      return true;
    },
  };
}

function failure(message: string): ModelFetchError {
  return new ModelFetchError('CACHE_RESTORE', message);
}
