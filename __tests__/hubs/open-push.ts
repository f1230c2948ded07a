// A release driven step by step over a real transport, with waits that take no time. Holds no expectations.

import { digestOf } from '../../src/core/digest.ts';
import { type LocalFile, type Push, type PushTarget, SAMPLE_BYTES, type Ticket } from '../../src/core/ports/push.ts';
import type { HubEntry, Transport } from '../../src/core/ports.ts';
import { parseRef } from '../../src/core/ref.ts';
import { repoPath } from '../../src/core/repo-path.ts';
import type { TokenSource } from '../../src/core/token.ts';
import { HUBS } from '../../src/hubs/index.ts';
import { openHub } from './open-hub.ts';

export const NEVER = new AbortController().signal;

/** A file whose content is in memory; the disk is not what is tested here. */
export function localFile(path: string, content: string | Uint8Array): LocalFile {
  const bytes = Buffer.from(content as Uint8Array);
  return {
    path: repoPath(path),
    sizeBytes: bytes.length,
    digests: {
      sha256: digestOf('sha256', bytes),
      'git-sha1': digestOf('git-sha1', bytes),
    },
    sample: bytes.subarray(0, SAMPLE_BYTES),
    async *open(range = { start: 0, end: bytes.length }) {
      for (let from = range.start; from < range.end; from += 1000)
        yield bytes.subarray(from, Math.min(range.end, from + 1000));
    },
  };
}

export interface OpenPush {
  readonly push: Push;
  /** Offers, sends and finishes; nothing is committed. */
  send(files: readonly LocalFile[]): Promise<Ticket[]>;
  /** All of it, on the base as it is. */
  release(
    files: readonly LocalFile[],
    deletes?: readonly string[],
  ): Promise<{ revision: string | undefined; url: string }>;
}

export interface PushDoor {
  readonly transport: Transport;
  open(repo: string, changes?: Partial<PushTarget>): Promise<OpenPush>;
}

/** @param token or where tokens come from */
export function pushDoor(entry: HubEntry, endpoint: string, token: string | TokenSource | undefined): PushDoor {
  const { hub, transport } = openHub(entry, endpoint, token);
  return {
    transport,
    async open(repo, changes = {}) {
      const ref = parseRef(`${entry.name}:${repo}`, HUBS);
      const push = await hub.push?.({ ref, create: true, createPr: false, ...changes }, NEVER);
      if (push === undefined) throw new Error(`${entry.name} cannot be published to`);
      return drive(push, transport);
    },
  };
}

function drive(push: Push, transport: Transport): OpenPush {
  const send = async (files: readonly LocalFile[]) => {
    const tickets = await push.offer(files, NEVER);
    for (const ticket of tickets) {
      if (ticket.kind !== 'send') continue;
      const receipts = [];
      for (const part of ticket.parts) {
        const { start, end } = part.range;
        const body = { sizeBytes: end - start, open: () => ticket.file.open(part.range) };
        const answer = await transport.once({ ...part.request, body }, NEVER);
        receipts.push(await push.receive(ticket, part, answer, NEVER));
      }
      // Parts may arrive in any order.
      await push.finish(ticket, receipts.reverse(), NEVER);
    }
    return tickets;
  };
  return {
    push,
    send,
    async release(files, deletes = []) {
      await push.prepare(NEVER);
      const tickets = await send(files);
      return push.commit({ tickets, deletes, message: 'Release\n\nall of it', parent: push.base.commit }, NEVER);
    },
  };
}
