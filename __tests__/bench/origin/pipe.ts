// A program: a pipe of TCP connections in front of the origin that paces, delays or resets them. It reads no HTTP, so that no
// byte is touched. Told what to do in its first message, it answers with its ports, and ends with its parent.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { PipeRule } from './door.ts';

export interface PipeOrder {
  readonly targetPort: number;
  readonly rule: PipeRule;
}

/** A late timer is made up for, by no more than this. */
const CREDIT_MS = 50;
/** Timers are no finer, so shorter debts are carried on. */
const MIN_PAUSE_MS = 4;

process.on('disconnect', () => process.exit());
const [orders] = (await once(process, 'message')) as [readonly PipeOrder[]];
process.send?.(await Promise.all(orders.map(listen)));

async function listen(order: PipeOrder): Promise<number> {
  const server = createServer({ noDelay: true }, (client) => join(client, order)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

function join(client: Socket, { targetPort, rule }: PipeOrder): void {
  const origin = connect({ port: targetPort, host: '127.0.0.1', noDelay: true });
  forwardRequests(client, origin, rule.delayMs ?? 0);
  forwardAnswers(origin, client, rule);
  for (const [one, other] of [
    [client, origin],
    [origin, client],
  ] as const) {
    // Either end may break off at any time; the other then learns it as a closed connection.
    one.on('error', () => other.destroy());
    one.on('close', () => other.destroySoon());
  }
}

function forwardRequests(client: Socket, origin: Socket, delayMs: number): void {
  const later = (action: () => void) => (delayMs === 0 ? action() : void setTimeout(action, delayMs));
  client.on('data', (chunk) => later(() => origin.writable && origin.write(chunk)));
  client.on('end', () => later(() => origin.end()));
}

function forwardAnswers(origin: Socket, client: Socket, { bytesPerSecond, resetBytes }: PipeRule): void {
  const budget = { leftBytes: resetBytes ?? Number.POSITIVE_INFINITY };
  let paidUntilMs = 0;
  const payFor = (sizeBytes: number): number => {
    if (bytesPerSecond === undefined) return 0;
    const nowMs = performance.now();
    paidUntilMs = Math.max(paidUntilMs, nowMs - CREDIT_MS) + (sizeBytes / bytesPerSecond) * 1000;
    return paidUntilMs - nowMs;
  };
  client.on('drain', () => origin.resume());
  origin.on('data', (chunk: Buffer) => {
    const part = chunk.subarray(0, budget.leftBytes);
    budget.leftBytes -= part.length;
    if (budget.leftBytes === 0) {
      origin.pause();
      client.write(part, () => client.resetAndDestroy());
      return;
    }
    if (!client.write(part)) origin.pause();
    const pauseMs = payFor(part.length);
    if (pauseMs < MIN_PAUSE_MS) return;
    origin.pause();
    setTimeout(() => client.writableNeedDrain || origin.resume(), pauseMs);
  });
}
