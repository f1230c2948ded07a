// How far away hosts are: how long connections to them take to be made. Looks on through the client's diagnostics channels, and judges
// nothing.

import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface Reach {
  /** Milliseconds that the quickest connection to the host took to be made; while there is none, how long the oldest attempt has lasted
   * so far. 0 where nothing is known. @param host as in an address, with its port */
  msOf(host: string): number;
  end(): void;
}

const BEGUN = 'undici:client:beforeConnect';
const MADE = 'undici:client:connected';
const FAILED = 'undici:client:connectError';

interface Seen {
  quickestMs: number | undefined;
  /** When those that are being made were begun, the oldest first. */
  readonly begunMs: number[];
}

/** Looks on until it is ended. */
export function watchReach(nowMs: () => number): Reach {
  const hosts = new Map<string, Seen>();
  const seenOf = (message: unknown): Seen => {
    const { host } = (message as { readonly connectParams: { readonly host: string } }).connectParams;
    const seen = hosts.get(host) ?? { quickestMs: undefined, begunMs: [] };
    hosts.set(host, seen);
    return seen;
  };
  const onBegun = (message: unknown) => void seenOf(message).begunMs.push(nowMs());
  const onMade = (message: unknown) => {
    const seen = seenOf(message);
    const tookMs = nowMs() - (seen.begunMs.shift() ?? nowMs());
    seen.quickestMs = Math.min(seen.quickestMs ?? tookMs, tookMs);
  };
  const onFailed = (message: unknown) => void seenOf(message).begunMs.shift();
  subscribe(BEGUN, onBegun);
  subscribe(MADE, onMade);
  subscribe(FAILED, onFailed);
  return {
    msOf(host) {
      const { quickestMs, begunMs: [oldestMs] = [] } = hosts.get(host) ?? {};
      return quickestMs ?? (oldestMs === undefined ? 0 : nowMs() - oldestMs);
    },
    end() {
      unsubscribe(BEGUN, onBegun);
      unsubscribe(MADE, onMade);
      unsubscribe(FAILED, onFailed);
    },
  };
}
