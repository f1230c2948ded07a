// Ends work that shows no sign of life: silence costs so much and no more, however many connections are silent together.

/** Even the longest work is not waited for longer than this. */
const CEILING_MS = 30_000;

export interface Patience {
  /** Fires after the silence. */
  readonly signal: AbortSignal;
  /** Something moved. */
  pulse(): void;
  /** Nothing is waited for any more. */
  end(): void;
}

/** Begins to wait at once. Whoever has worked for long may also be silent for as long: a host that puts a large file together out of
 * its blocks says nothing meanwhile. */
export function createPatience(silenceMs: number, nowMs: () => number): Patience {
  const controller = new AbortController();
  const beganMs = nowMs();
  const give = () => {
    const spentMs = nowMs() - beganMs;
    return setTimeout(() => controller.abort(), Math.max(silenceMs, Math.min(CEILING_MS, spentMs)));
  };
  let timer = give();
  return {
    signal: controller.signal,
    pulse() {
      clearTimeout(timer);
      if (!controller.signal.aborted) timer = give();
    },
    end: () => clearTimeout(timer),
  };
}
