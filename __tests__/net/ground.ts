// What the tests of the network room stand on: transports whose waits take no time, and servers that go with the test.

import { afterEach } from 'vitest';
import type { Event } from '../../src/core/events.ts';
import type { HttpResponse } from '../../src/core/http.ts';
import type { Clock, Transport } from '../../src/core/ports.ts';
import { createRetryPolicy } from '../../src/core/retry.ts';
import { createTransport, type TransportSetting } from '../../src/net/transport.ts';
import { type FakeServer, type Handler, serve } from '../fakes/server.ts';

export const NEVER = new AbortController().signal;

export interface Opened {
  readonly transport: Transport;
  readonly events: Event[];
  /** What the clock was asked to wait, in milliseconds. */
  readonly slept: number[];
}

/** Opens transports that are closed after the test. */
export function useTransports(): (changes?: Partial<TransportSetting> & { retries?: number }) => Opened {
  const open: Transport[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((transport) => transport.close()));
  });
  return ({ retries = 3, ...changes } = {}) => {
    const events: Event[] = [];
    const slept: number[] = [];
    const clock: Clock = {
      nowMs: () => Date.now(),
      random: () => 0,
      sleep: async (waitMs) => void slept.push(waitMs),
      every: () => () => undefined,
    };
    const transport = createTransport({
      policy: createRetryPolicy(retries),
      clock,
      emit: (event) => events.push(event),
      userAgent: 'model-fetch/test',
      ...changes,
    });
    open.push(transport);
    return { transport, events, slept };
  };
}

/** Starts servers that are closed after the test. */
export function useServers(): (handler: Handler) => Promise<FakeServer> {
  const open: FakeServer[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((server) => server.close()));
  });
  return async (handler) => {
    const server = await serve(handler);
    open.push(server);
    return server;
  };
}

export async function textOf(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** The values that must not be shown. */
export function secretsOf(events: readonly Event[]): string[] {
  return events.flatMap((event) => (event.type === 'secret' ? [event.value] : []));
}
