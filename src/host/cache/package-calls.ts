// Calls into a package that knows no signal and waits for minutes: each is waited for as long as something moves, and left when
// nothing does. What is left can reach the network no more, so it comes to an end, and to nothing.

import type { Allowance } from '../../core/cache/allowance.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Clock } from '../../core/ports.ts';
import { type PackageWatch, watchPackage } from './package-watch.ts';
import { createPatience } from './patience.ts';

export interface PackageCalls {
  /** Begins a call, which may overlap with others; what one of them moves is a sign of life of all. */
  begin<T>(work: () => Promise<T>): Promise<T>;
  /** Waits for a call that was begun.
   * @param leastBytes less, for as long as the allowance lasts, is next to nothing
   * @throws CACHE_RESTORE when nothing moves; what the call throws */
  wait<T>(lasting: Promise<T>, leastBytes: number): Promise<T>;
}

/** An answer that takes longer is slow, and the allowance is less by it. */
const FAIR_MS = 500;

export function createPackageCalls({ clock, allowance }: { clock: Clock; allowance: Allowance }): PackageCalls {
  const left = Promise.withResolvers<never>();
  // Most calls end before that.
  left.promise.catch(() => undefined);
  let waiting = 0;
  let unsettled = 0;
  let least = 0;
  let watched: { readonly watch: PackageWatch; end(): void } | undefined;

  function open() {
    const watch = watchPackage();
    let mark = { bytes: 0, ended: 0 };
    let waitedMs = 0;
    const isTheirTurn = () => {
      const moved = watch.movedBytes - mark.bytes;
      const isAnswered = watch.ended > mark.ended;
      if (isAnswered && moved < least && waitedMs > FAIR_MS) allowance.spend(waitedMs);
      if (isAnswered || moved >= least) {
        mark = { bytes: watch.movedBytes, ended: watch.ended };
        waitedMs = 0;
        patience.renew();
      }
      return waiting > 0 && !watch.isOurTurn;
    };
    const onWait = (ms: number) => {
      waitedMs = ms;
    };
    const patience = createPatience({ clock, limitMs: () => allowance.leftMs, isTheirTurn, onWait });
    patience.signal.addEventListener('abort', () => {
      watch.cut();
      left.reject(new ModelFetchError('CACHE_RESTORE', 'it stood still'));
    });
    const end = () => {
      patience.end();
      watch.end();
    };
    return { watch, end };
  }

  return {
    begin(work) {
      watched ??= open();
      unsettled += 1;
      const lasting = watched.watch.during(work);
      const settled = () => {
        unsettled -= 1;
        if (unsettled > 0) return;
        watched?.end();
        watched = undefined;
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
