// What a host must move at least: one that sends or takes a byte now and then never looks silent, and never ends. Pure.

/** A pace: bytes that each window must bring. */
export interface Pace {
  readonly windowMs: number;
  readonly bytesPerWindow: number;
}

/** In either direction. Below every link that a job could wait for. */
export const PACE: Pace = { windowMs: 30_000, bytesPerWindow: 64 * 1024 };
