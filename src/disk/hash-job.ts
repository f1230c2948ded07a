// One file in the hands of a hashing thread: what was asked, what was answered. Knows the thread only by its mailbox.

import type { Digest } from '../core/digest.ts';
import { aborted, ModelFetchError } from '../core/errors.ts';
import type { HashFollower } from '../core/ports.ts';
import type { HashReply, HashRequest } from './hash-message.ts';

export interface HashJob extends HashFollower {
  /** `awaited`: someone waits for the digests. `settled`: nothing more will come. */
  readonly state: 'open' | 'awaited' | 'settled';
  /** Takes an answer of the thread. */
  hear(reply: HashReply): void;
  /** The thread is gone. */
  fail(error: Error): void;
}

/** @param onState called after each change of `state`. */
export function createHashJob(id: number, post: (request: HashRequest) => void, onState: () => void): HashJob {
  const { promise, resolve, reject } = Promise.withResolvers<Digest[]>();
  // A failure is told to whoever asks with `finish`; a follower that is stopped is never asked.
  promise.catch(() => undefined);
  let state: HashJob['state'] = 'open';
  let sentBytes = 0;
  let wantedBytes = 0;

  const enter = (next: HashJob['state']) => {
    state = next;
    onState();
  };
  // What comes while the thread is busy with an earlier offset is sent as one.
  let isBusy = false;
  const send = () => {
    isBusy = wantedBytes > sentBytes;
    sentBytes = wantedBytes;
    if (isBusy) post({ type: 'advance', id, toBytes: wantedBytes });
  };
  const fail = (error: Error) => {
    if (state === 'settled') return;
    reject(error);
    enter('settled');
  };

  return {
    get state() {
      return state;
    },
    advance(toBytes) {
      wantedBytes = Math.max(wantedBytes, toBytes);
      if (state === 'open' && !isBusy) send();
    },
    finish() {
      if (state === 'open') {
        send();
        post({ type: 'finish', id });
        enter('awaited');
      }
      return promise;
    },
    stop() {
      if (state !== 'settled') post({ type: 'stop', id });
      fail(aborted());
    },
    hear(reply) {
      if (reply.type === 'reached') return send();
      if (reply.type === 'failed') return fail(toError(reply));
      resolve(reply.digests);
      enter('settled');
    },
    fail,
  };
}

function toError(reply: HashReply & { type: 'failed' }): Error {
  if (reply.code === undefined) return new Error(`a hashing thread failed: ${reply.message}`);
  return new ModelFetchError(reply.code, reply.message, reply.hint === undefined ? {} : { hint: reply.hint });
}
