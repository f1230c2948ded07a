// Ends work that shows no sign of life, or hardly one: silence and trickling cost so much and no more, however many connections there are.

export interface Patience {
  /** Fires after the silence, or after a window with too little in it. */
  readonly signal: AbortSignal;
  /** Something moved. */
  pulse(bytes: number): void;
  /** From now on silence is borne for so long. */
  extend(silenceMs: number): void;
  /** All bytes are under way: from here on only silence counts. */
  endPace(): void;
  /** Nothing is waited for any more. */
  end(): void;
}

/** What must move in each window at least. */
export interface Pace {
  readonly windowMs: number;
  readonly bytesPerWindow: number;
}

/** Begins to wait at once. */
export function createPatience(silenceMs: number, { windowMs, bytesPerWindow }: Pace): Patience {
  const controller = new AbortController();
  const abort = () => controller.abort();
  let silence = setTimeout(abort, silenceMs);
  let movedBytes = 0;
  const windows = setInterval(() => {
    if (movedBytes < bytesPerWindow) abort();
    movedBytes = 0;
  }, windowMs);
  return {
    signal: controller.signal,
    pulse(bytes) {
      movedBytes += bytes;
      if (!controller.signal.aborted) silence.refresh();
    },
    extend(ms) {
      clearTimeout(silence);
      if (!controller.signal.aborted) silence = setTimeout(abort, ms);
    },
    endPace: () => clearInterval(windows),
    end() {
      clearTimeout(silence);
      clearInterval(windows);
    },
  };
}
