// One file in the hands of a hashing thread: what was asked, what was answered. Knows the thread only by its mailbox.

import type { Digest } from '../../core/digest.ts';
import { aborted } from '../../core/errors.ts';
import type { HashFollower } from '../../core/ports.ts';
import { createFetches } from './fetch-job.ts';
import { fromPlainError, type HashReply, type HashRequest } from './hash-message.ts';

export interface HashJob extends HashFollower {
  /** `settled`: nothing more will come. */
  readonly state: 'open' | 'finishing' | 'settled';
  /** Someone waits for its digests or for a fetch. */
  readonly isAwaited: boolean;
  /** Takes an answer of the thread. */
  hear(reply: HashReply): void;
  /** The thread is gone. */
  fail(error: Error): void;
}

/** @param onState called after each change of `state` and of `isAwaited`. */
export function createHashJob(id: number, post: (request: HashRequest) => void, onState: () => void): HashJob {
  const { promise, resolve, reject } = Promise.withResolvers<Digest[]>();
  // A failure is told to whoever asks with `finish`; a follower that is stopped is never asked.
  promise.catch(() => undefined);
  let state: HashJob['state'] = 'open';
  let sentBytes = 0;
  let wantedBytes = 0;
  let marks: readonly string[] = [];

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
  const fetches = createFetches(id, post, onState);
  const fail = (error: Error) => {
    if (state === 'settled') return;
    reject(error);
    fetches.fail(error);
    enter('settled');
  };

  return {
    get state() {
      return state;
    },
    get isAwaited() {
      return state === 'finishing' || fetches.count > 0;
    },
    get marks() {
      return marks;
    },
    advance(toBytes) {
      wantedBytes = Math.max(wantedBytes, toBytes);
      if (state === 'open' && !isBusy) send();
    },
    fetch: (task, watch, signal) =>
      state === 'open'
        ? fetches.start(task, watch, signal)
        : Promise.reject(new Error('this file is not open for fetching')),
    finish() {
      if (state === 'open') {
        send();
        post({ type: 'finish', id });
        enter('finishing');
      }
      return promise;
    },
    stop() {
      if (state !== 'settled') post({ type: 'stop', id });
      fail(aborted());
    },
    hear(reply) {
      if (reply.type === 'reached') return send();
      if (reply.type === 'fetch') return fetches.hear(reply);
      if (reply.type === 'failed') return fail(fromPlainError(reply));
      marks = reply.marks;
      resolve(reply.digests);
      enter('settled');
    },
    fail,
  };
}
