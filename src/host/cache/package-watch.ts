// What a package that keeps its connections to itself does, seen from outside by Node's diagnostics channels: what it moves, whether a
// program packs or unpacks for it. It can be cut off. Waits for nothing, judges nothing.

import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export interface PackageWatch {
  /** Runs the work; what it does is seen, and nothing that others do meanwhile. */
  during<T>(work: () => T): T;
  /** Bytes that went over its connections, in either direction. */
  readonly movedBytes: number;
  /** Its requests that are over, and what had moved when the last of them was. */
  readonly ended: number;
  readonly endedBytes: number;
  /** Whether it is our machine that it waits for: a program, or a file. */
  readonly isOurTurn: boolean;
  /** What is under way breaks off, and so does all that begins from now on. */
  cut(): void;
  end(): void;
}

/** As much as is looked at of a request and its answer. */
interface SeenRequest {
  readonly writableEnded: boolean;
  readonly writableLength: number;
  readonly res?: { readonly readableFlowing: boolean | null; readonly readableLength: number } | null;
  once(event: 'socket', listener: (socket: SeenSocket) => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  destroy(error: Error): unknown;
}

interface SeenSocket {
  readonly bytesRead: number;
  readonly bytesWritten: number;
}

interface SeenProgram {
  once(event: 'exit' | 'error', listener: () => void): unknown;
}

const REQUESTS = 'http.client.request.created';
const PROGRAMS = 'child_process';

export function watchPackage(): PackageWatch {
  const own = new AsyncLocalStorage<true>();
  const requests = new Set<SeenRequest>();
  const sockets = new Set<SeenSocket>();
  const programs = new Set<SeenProgram>();
  const movedBytes = () => [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
  let ended = 0;
  let endedBytes = 0;
  let isCut = false;

  const onRequest = (message: unknown) => {
    if (own.getStore() === undefined) return;
    const { request } = message as { request: SeenRequest };
    requests.add(request);
    request.once('socket', (socket) => void sockets.add(socket));
    request.once('close', () => {
      requests.delete(request);
      ended += 1;
      endedBytes = movedBytes();
    });
    // Not while it is being made: it has no listeners yet.
    if (isCut) setImmediate(() => request.destroy(cutOff()));
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
    get ended() {
      return ended;
    },
    get endedBytes() {
      return endedBytes;
    },
    get isOurTurn() {
      return programs.size > 0 || [...requests].some(waitsForUs);
    },
    cut() {
      isCut = true;
      for (const request of requests) request.destroy(cutOff());
    },
    end() {
      unsubscribe(REQUESTS, onRequest);
      unsubscribe(PROGRAMS, onProgram);
    },
  };
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
