// What a package that keeps its connections to itself does, seen from outside by Node's diagnostics channels: what it moves, whether a
// program packs or unpacks for it. It can be cut off. Waits for nothing, judges nothing.

import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Clock } from '../../core/ports.ts';

export interface PackageWatch {
  /** Runs the work; what it does is seen, and nothing that others do meanwhile. */
  during<T>(work: () => T): T;
  /** Bytes that went over its connections, in either direction. */
  readonly movedBytes: number;
  /** Milliseconds that the quickest of its connections took to be made, to a proxy and through it included; 0 before the first. */
  readonly reachMs: number;
  /** Whether it is our machine that it waits for: a program, or the disk. */
  readonly isOurTurn: boolean;
  /** What is under way breaks off, and so does all that begins from now on. */
  cut(): void;
  /** Nothing is seen any more. What is under way is over: a connection may be closed later than its answer is used. */
  end(): void;
}

/** One request of the package, as far as it has been sent. */
export interface SeenTransfer {
  readonly sentBytes: number;
  /** Whether that is all. */
  readonly isSent: boolean;
}

/** Told of each request when it is made. @returns told when it is over */
export type OnTransfer = (transfer: SeenTransfer) => () => void;

/** As much as is looked at of a request and its answer. */
interface SeenRequest {
  readonly method: string;
  readonly reusedSocket: boolean;
  readonly writableEnded: boolean;
  readonly writableFinished: boolean;
  readonly writableLength: number;
  readonly res?: SeenAnswer | null;
  once(event: 'socket', listener: (socket: SeenSocket) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  destroy(error: Error): unknown;
}

interface SeenAnswer {
  readonly statusCode?: number;
  readonly complete: boolean;
  readonly readableFlowing: boolean | null;
  readonly readableLength: number;
}

interface SeenSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
  readonly connecting: boolean;
  readonly secureConnecting?: boolean;
  once(event: 'connect' | 'secureConnect', listener: () => void): unknown;
}

interface SeenProgram {
  once(event: 'exit' | 'error', listener: () => void): unknown;
}

const REQUESTS = 'http.client.request.created';
const PROGRAMS = 'child_process';
/** Request Timeout, Too Many Requests. */
const PAUSES: ReadonlySet<number> = new Set([408, 429]);

export interface PackageWatchParts {
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly onTransfer: OnTransfer;
}

export function watchPackage({ clock, onTransfer }: PackageWatchParts): PackageWatch {
  const own = new AsyncLocalStorage<true>();
  // With what is to be called when they are over.
  const requests = new Map<SeenRequest, () => void>();
  // Ways to a proxy and through it. They carry requests and are none, and their agent lets nobody hear of their end.
  const tunnels = new Set<SeenRequest>();
  const sockets = new Set<SeenSocket>();
  const programs = new Set<SeenProgram>();
  const movedBytes = () => [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
  let reachMs: number | undefined;
  let isWell = true;
  let isCut = false;

  const onRequest = (message: unknown) => {
    if (own.getStore() === undefined) return;
    const { request } = message as { request: SeenRequest };
    // Not while it is being made: it has no listeners yet.
    if (isCut) setImmediate(() => request.destroy(cutOff()));
    if (request.method === 'CONNECT') {
      tunnels.add(request);
      return;
    }
    const beganMs = clock.nowMs();
    const reach = () => {
      reachMs = Math.min(reachMs ?? Number.POSITIVE_INFINITY, clock.nowMs() - beganMs);
    };
    request.once('socket', (socket) => {
      sockets.add(socket);
      if (socket.secureConnecting === true) socket.once('secureConnect', reach);
      else if (socket.connecting) socket.once('connect', reach);
      // A way through a proxy is given when it is made.
      else if (!request.reusedSocket) reach();
    });
    requests.set(request, onTransfer(transferOf(request)));
    request.once('close', () => end(request));
  };
  const end = (request: SeenRequest) => {
    const over = requests.get(request);
    requests.delete(request);
    isWell &&= isGood(request);
    over?.();
  };
  const onProgram = (message: unknown) => {
    if (own.getStore() === undefined) return;
    const { process: program } = message as { process: SeenProgram };
    programs.add(program);
    for (const event of ['exit', 'error'] as const) program.once(event, () => void programs.delete(program));
  };
  subscribe(REQUESTS, onRequest);
  subscribe(PROGRAMS, onProgram);
  return {
    during: (work) => own.run(true, work),
    get movedBytes() {
      return movedBytes();
    },
    get reachMs() {
      return reachMs ?? 0;
    },
    get isOurTurn() {
      // It pauses after failures only: when it asks for nothing although all went well, it is busy with our disk.
      const isBetween = isWell && requests.size === 0;
      return isBetween || programs.size > 0 || [...requests.keys()].some(waitsForUs);
    },
    cut() {
      isCut = true;
      for (const request of [...requests.keys(), ...tunnels]) request.destroy(cutOff());
    },
    end() {
      for (const request of requests.keys()) end(request);
      unsubscribe(REQUESTS, onRequest);
      unsubscribe(PROGRAMS, onProgram);
    },
  };
}

function transferOf(request: SeenRequest): SeenTransfer {
  let socket: SeenSocket | undefined;
  // A connection may have carried others before.
  let beforeBytes = 0;
  request.once('socket', (given) => {
    socket = given;
    beforeBytes = given.bytesWritten;
  });
  return {
    get sentBytes() {
      return socket === undefined ? 0 : socket.bytesWritten - beforeBytes;
    },
    get isSent() {
      return request.writableFinished;
    },
  };
}

// Refusals are answers: it takes them as they are. It tries again when there was none, when the server failed or was in need of time.
function isGood({ res }: SeenRequest): boolean {
  const { complete = false, statusCode = 500 } = res ?? {};
  return complete && statusCode < 500 && !PAUSES.has(statusCode);
}

// Bytes that came and that the disk does not take yet, or a body that is still to be read from it.
function waitsForUs({ writableEnded, writableLength, res }: SeenRequest): boolean {
  if (!writableEnded) return writableLength === 0;
  return res?.readableFlowing === false && res.readableLength > 0;
}

// A code for which the package does not try again where it looks at codes.
function cutOff(): Error {
  return Object.assign(new Error('it was left'), { code: 'ECONNRESET' });
}
