// One connection of the lean reader: bytes go from the socket to whoever listens through one buffer, with no stream in between.

import net from 'node:net';
import tls from 'node:tls';
import { ModelFetchError } from '../core/errors.ts';
import type { TimeLimits } from '../core/http.ts';
import { errorOfNetwork, hostOf } from './network-error.ts';

export interface LeanListener {
  /** The view is valid during the call only. */
  onBytes(bytes: Uint8Array): void;
  /** Nothing more will come: closed in order (no error), or not. */
  onEnd(error: ModelFetchError | undefined): void;
}

export interface LeanConnection {
  readonly isOpen: boolean;
  /** Sends a request and listens; one at a time. */
  ask(head: string, listener: LeanListener, limits: TimeLimits): void;
  /** After the head has come: from now on only silence counts. */
  expectBody(limits: TimeLimits): void;
  /** Stops listening; the connection waits for the next request. */
  rest(): void;
  destroy(): void;
}

/** @param buffer takes every read; shared by the connections of a thread, since each read is used up before the next */
export function openConnection(url: URL, buffer: Uint8Array, limits: TimeLimits): LeanConnection {
  let listener: LeanListener | undefined;
  let isOpen = true;
  let phase: Phase = 'connect';
  let isConnected = false;
  const end = (error: ModelFetchError | undefined) => {
    isOpen = false;
    const last = listener;
    listener = undefined;
    last?.onEnd(error);
  };
  const socket = connect(url, {
    buffer,
    callback: (count, view) => {
      if (listener === undefined) socket.destroy();
      else listener.onBytes(view.subarray(0, count));
      return true;
    },
  });
  const never = new AbortController().signal;
  socket.setNoDelay(true);
  socket.setTimeout(limits.connectMs);
  socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
    isConnected = true;
    phase = 'head';
    socket.setTimeout(limits.headersMs);
  });
  socket.on('timeout', () => socket.destroy(timeoutError(url, phase)));
  socket.on('error', (error) => end(errorOfNetwork(error, url.href, never)));
  // A server that ends its side has nothing more to say.
  socket.on('end', () => end(undefined));
  socket.on('close', () => end(undefined));
  return {
    get isOpen() {
      return isOpen;
    },
    ask(head, next, { headersMs }) {
      listener = next;
      socket.ref();
      if (!isConnected) return void socket.write(head, 'latin1');
      phase = 'head';
      socket.setTimeout(headersMs);
      socket.write(head, 'latin1');
    },
    expectBody({ silenceMs }) {
      phase = 'body';
      socket.setTimeout(silenceMs);
    },
    rest() {
      listener = undefined;
      socket.setTimeout(0);
      socket.unref();
    },
    destroy() {
      listener = undefined;
      isOpen = false;
      socket.destroy();
    },
  };
}

function connect(url: URL, onread: net.OnReadOpts): net.Socket {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (url.protocol !== 'https:') return net.connect({ host, port: Number(url.port || 80), onread });
  const servername = net.isIP(host) === 0 ? host : '';
  return tls.connect({
    host,
    port: Number(url.port || 443),
    servername,
    ALPNProtocols: ['http/1.1'],
    onread,
  } as tls.ConnectionOptions);
}

type Phase = 'connect' | 'head' | 'body';

function timeoutError(url: URL, phase: Phase): ModelFetchError {
  const host = hostOf(url.href);
  if (phase === 'body') return new ModelFetchError('STALLED', `${host} stopped sending.`);
  return new ModelFetchError(
    'TIMEOUT',
    `${host} did not ${phase === 'head' ? 'answer' : 'accept a connection'} in time.`,
  );
}
