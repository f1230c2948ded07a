// Ends work that shows no sign of life: silence costs so much and no more, however many connections are silent together.

export interface Patience {
  /** Fires after the silence. */
  readonly signal: AbortSignal;
  /** Something moved. */
  pulse(): void;
  /** From now on silence is borne for so long. */
  extend(silenceMs: number): void;
  /** Nothing is waited for any more. */
  end(): void;
}

/** Begins to wait at once. */
export function createPatience(silenceMs: number): Patience {
  const controller = new AbortController();
  const wait = (ms: number) => setTimeout(() => controller.abort(), ms);
  let timer = wait(silenceMs);
  return {
    signal: controller.signal,
    pulse() {
      if (!controller.signal.aborted) timer.refresh();
    },
    extend(ms) {
      clearTimeout(timer);
      if (!controller.signal.aborted) timer = wait(ms);
    },
    end: () => clearTimeout(timer),
  };
}
