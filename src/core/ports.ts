// The seams: what the rooms promise one another, an outside world a file. Interfaces only; nothing here does anything. Those of
// publishing (push, local-files) and of looking after a store (store-care) are asked for by their own names.

export type * from './ports/cache.ts';
export type * from './ports/hash.ts';
export type * from './ports/hub.ts';
export type * from './ports/net.ts';
export type * from './ports/store.ts';
export type * from './ports/text.ts';
export type * from './ports/view.ts';

/** The one source of time and chance. */
export interface Clock {
  nowMs(): number;
  /** A number in [0, 1). */
  random(): number;
  /** Resolves after the wait; rejects with ABORTED as soon as the signal fires. */
  sleep(waitMs: number, signal: AbortSignal): Promise<void>;
  /** Does the work again and again until it is stopped; keeps no process alive.
   * @returns stops it */
  every(intervalMs: number, work: () => void): () => void;
}
