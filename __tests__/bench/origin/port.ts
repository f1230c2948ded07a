// Ports on loopback: finds free ones for programs that cannot choose, and waits until somebody listens.

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

const READY_TRIES = 100;
const READY_WAIT_MS = 50;

/** Different ports that nobody listens on. */
export async function freePorts(count: number): Promise<number[]> {
  // Held open together, so that they differ.
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

/** @throws Error when the process ends first, or does not listen in five seconds */
export async function untilListening(port: number, server: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < READY_TRIES && server.exitCode === null; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (isOpen) return;
    await wait(READY_WAIT_MS);
  }
  throw new Error(`The origin does not listen on port ${port}.`);
}
