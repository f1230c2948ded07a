// Who needs which contents by the records of a store, looked at again and again. A record that did not change is read once, and where
// git's name for a content leads is asked once.

import { algorithmOf, type Digest, hexOf } from '../../core/digest.ts';
import { ownerState } from '../lease/owner.ts';
import type { Layout } from '../store/layout.ts';
import { readAlias } from '../store/receipt.ts';
import { listRecords, type NeedRecord, readRecord } from '../store/record.ts';

/** Where digests lead. */
export interface Resolver {
  /** The sha256 of all that are known, in hex. */
  resolve(digests: readonly Digest[]): Promise<Set<string>>;
}

export function createResolver(layout: Layout): Resolver {
  const aliases = new Map<string, string | undefined>();
  const follow = async (gitSha1: string) => {
    if (!aliases.has(gitSha1)) aliases.set(gitSha1, await readAlias(layout, gitSha1));
    return aliases.get(gitSha1);
  };
  return {
    async resolve(digests) {
      const known = new Set<string>();
      for (const digest of digests) {
        const sha256 = algorithmOf(digest) === 'sha256' ? hexOf(digest) : await follow(hexOf(digest));
        if (sha256 !== undefined) known.add(sha256);
      }
      return known;
    },
  };
}

export interface Needed {
  /** Reads the records that are new. */
  look(): Promise<void>;
  /** Whether anybody was seen to need the content.
   * @param digests it is also known by; an alias may have come after a record was read */
  has(sha256: string, digests?: readonly Digest[]): boolean;
}

interface Seen {
  readonly mark: string;
  readonly digests: ReadonlySet<Digest>;
  readonly contents: ReadonlySet<string>;
}

/** What living runs hold, or what lock files pin. */
export function createNeeded(layout: Layout, kind: 'holds' | 'pins', { resolve }: Resolver): Needed {
  let seen = new Map<string, Seen>();
  const read = async (name: string, mark: string): Promise<Seen> => {
    const digests: NeedRecord['digests'] = (await readRecord(layout, kind, name))?.digests ?? [];
    return { mark, digests: new Set(digests), contents: await resolve(digests) };
  };
  return {
    async look() {
      const now = new Map<string, Seen>();
      for (const { name, mark } of await listRecords(layout, kind)) {
        if (kind === 'holds' && ownerState(name) === 'dead') continue;
        const before = seen.get(name);
        now.set(name, before?.mark === mark ? before : await read(name, mark));
      }
      seen = now;
    },
    has(sha256, digests = []) {
      for (const one of seen.values()) {
        if (one.contents.has(sha256) || digests.some((digest) => one.digests.has(digest))) return true;
      }
      return false;
    },
  };
}
