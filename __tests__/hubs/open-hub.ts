// A hub wired to a real transport, with waits that take no time. Holds no expectations.

import semver from 'semver';
import type { Event } from '../../src/core/events.ts';
import type { Clock, Hub, HubEntry, Transport } from '../../src/core/ports.ts';
import { parseRef } from '../../src/core/ref.ts';
import { createRetryPolicy } from '../../src/core/retry.ts';
import { narrowListing, type RemoteFile, type Select, type Snapshot } from '../../src/core/snapshot.ts';
import type { TokenSource } from '../../src/core/token.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { createTransport } from '../../src/net/transport.ts';

export interface OpenHub {
  readonly hub: Hub;
  readonly transport: Transport;
  readonly events: readonly Event[];
  /** Resolves a reference as it is written, without its hub. */
  resolve(text: string, select?: Select): Promise<Snapshot>;
  /** The bytes and the answer that the hub's own source leads to. */
  fetch(snapshot: Snapshot, file: RemoteFile): Promise<{ status: number; bytes: Buffer; refusal: Error | undefined }>;
}

export const everything: Select = (files) => [...files];
const never = new AbortController().signal;

const clock: Clock = {
  nowMs: () => Date.now(),
  random: () => 0,
  sleep: async () => undefined,
  every: () => () => undefined,
};

export function openHub(entry: HubEntry, endpoint: string, token?: string | TokenSource): OpenHub {
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  const transport = createTransport({ policy: createRetryPolicy(2), clock, emit, userAgent: 'model-fetch-test' });
  const hub = entry.create(
    { endpoint, ...(typeof token === 'string' ? { token } : token === undefined ? {} : { tokens: token }) },
    { transport, emit, pickVersion: (versions, range) => semver.maxSatisfying([...versions], range) ?? undefined },
  );
  return {
    hub,
    transport,
    events,
    resolve: async (text, select = everything) =>
      narrowListing(await hub.list(parseRef(`${entry.name}:${text}`, HUBS), never), select),
    async fetch(snapshot, file) {
      const located = await hub.source.locate(snapshot, file, never);
      if (located === undefined) throw new Error(`the hub does not know where ${file.path} is`);
      const response = await transport.send(located.request, never);
      const chunks: Uint8Array[] = [];
      for await (const chunk of response.body) chunks.push(chunk);
      const bytes = Buffer.concat(chunks);
      const answer = { status: response.status, headers: response.headers, text: bytes.toString('utf8') };
      return { status: response.status, bytes, refusal: hub.source.refusal(answer, snapshot, file) };
    },
  };
}
