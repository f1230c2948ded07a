// Reads a pack of the runner cache in one go and lands those of its members that are wanted, each proved by the digest that the hub
// gave. A wrong member costs itself only; what was landed before a failure stays.

import type { PackMember } from '../../core/cache/pack.ts';
import type { Digest } from '../../core/digest.ts';
import { codeOf, familyOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpRequest } from '../../core/http.ts';
import type { Blob, Clock, Slot, Store, Transport } from '../../core/ports.ts';
import { identityOf, type RemoteFile, totalBytes } from '../../core/snapshot.ts';
import { brokenPack, readPackHead } from './pack-head.ts';
import type { Rival } from './rival.ts';
import { turnByTurn } from './turns.ts';

export interface PackDependencies {
  readonly transport: Transport;
  readonly store: Store;
  readonly clock: Clock;
}

export interface ReadDependencies extends PackDependencies {
  /** What may be better than going on; told of all that comes. */
  readonly rival: Rival;
}

export interface PackRead {
  readonly blobs: Map<Digest, Blob>;
  /** Members whose bytes are not those of their names. */
  readonly wrong: RemoteFile[];
  /** Those whose bytes came from the pack; the others had been brought by another process. */
  readonly sent: Set<Digest>;
  /** Why it ended early: SIZE_MISMATCH for an entry that is no pack or lacks its end, else what its host did. */
  failure: Error | undefined;
}

const LANDINGS_AT_ONCE = 16;
/** An old pack may have more that nobody wants than is worth passing over. */
const PASSABLE_BYTES = 64 * 1024 * 1024;

/** @param onMeasured told how many bytes the members take up to the last one that is wanted @throws DISK_FULL, DISK_IO, ABORTED */
export async function readPack(
  request: HttpRequest,
  wanted: readonly RemoteFile[],
  deps: ReadDependencies & { onMeasured(sizeBytes: number): void },
  signal: AbortSignal,
): Promise<PackRead> {
  const read: PackRead = { blobs: new Map(), wrong: [], sent: new Set(), failure: undefined };
  // A pack may have been saved by a run that knew other digests of the same content.
  const byDigest = new Map(wanted.flatMap((file) => file.digests.map((digest) => [digest, file] as const)));
  const arrived = deps.rival.wait();
  try {
    const limited = AbortSignal.any([signal, deps.rival.signal]);
    await receive(request, { read, wanted: byDigest, arrived, ...deps }, limited);
  } catch (error) {
    const code = codeOf(error);
    if (signal.aborted || code === undefined || familyOf(code) === 'disk') throw error;
    read.failure = deps.rival.signal.aborted ? deps.rival.reason() : (error as Error);
  } finally {
    arrived();
  }
  return read;
}

interface Receiving extends ReadDependencies {
  readonly read: PackRead;
  /** What has not been met yet, by each of its digests. */
  readonly wanted: Map<Digest, RemoteFile>;
  onMeasured(sizeBytes: number): void;
  /** To be called when all bytes are here. */
  arrived(): void;
}

async function receive(request: HttpRequest, parts: Receiving, signal: AbortSignal): Promise<void> {
  const response = await parts.transport.send(request, signal);
  try {
    if (response.status !== 200) throw refused(response.status);
    const { members, chunks } = await readPackHead(turnByTurn(counted(response.body, parts.rival.note), parts.rival));
    const taken = worthTaking(members, parts.wanted);
    parts.onMeasured(totalBytes(taken));
    await takeMembers(taken, chunks, parts, signal);
  } finally {
    await response.discard();
  }
}

function refused(status: number): ModelFetchError {
  return new ModelFetchError('CACHE_RESTORE', `a pack was refused (${status})`);
}

async function* counted(body: AsyncIterable<Uint8Array>, onBytes: (count: number) => void): AsyncIterable<Uint8Array> {
  for await (const chunk of body) {
    onBytes(chunk.length);
    yield chunk;
  }
}

// Up to the last one that is wanted; none when there is too much in between.
function worthTaking(members: readonly PackMember[], wanted: ReadonlyMap<Digest, RemoteFile>): readonly PackMember[] {
  const isWanted = ({ identity, sizeBytes }: PackMember) => wanted.get(identity)?.sizeBytes === sizeBytes;
  const upTo = members.slice(0, members.findLastIndex(isWanted) + 1);
  const wantedBytes = totalBytes(upTo.filter(isWanted));
  return totalBytes(upTo) <= PASSABLE_BYTES + 4 * wantedBytes ? upTo : [];
}

async function takeMembers(
  members: readonly PackMember[],
  chunks: AsyncIterable<Uint8Array>,
  parts: Receiving,
  signal: AbortSignal,
): Promise<void> {
  const landings = createLandings(parts, signal);
  const queue = members.values();
  let current: Taking | undefined;
  const next = async () => {
    const member = queue.next().value;
    current = member === undefined ? undefined : await beginTaking(member, parts, signal);
  };
  try {
    await next();
    for await (const chunk of chunks) {
      for (let rest = chunk; rest.length > 0 && current !== undefined; ) {
        const taken = await current.take(rest);
        rest = rest.subarray(taken);
        if (!current.isFull()) continue;
        await landings.add(current);
        await next();
      }
      if (current === undefined) return;
    }
    if (current !== undefined) throw brokenPack('ended before its last member');
  } finally {
    parts.arrived();
    await current?.drop();
    await landings.finish();
  }
}

/** A member whose bytes are arriving; without a file they are passed over. */
interface Taking {
  readonly file: RemoteFile | undefined;
  readonly slot: Slot | undefined;
  /** @returns how many of the bytes are its own */
  take(bytes: Uint8Array): Promise<number>;
  isFull(): boolean;
  drop(): Promise<void>;
}

async function beginTaking(member: PackMember, parts: Receiving, signal: AbortSignal): Promise<Taking> {
  const wanted = parts.wanted.get(member.identity);
  const file = wanted?.sizeBytes === member.sizeBytes ? wanted : undefined;
  // A second member of that name is passed over.
  for (const digest of file?.digests ?? []) parts.wanted.delete(digest);
  // What another process is bringing in is left to the transfer, which can wait for it.
  const slot = file === undefined ? undefined : await parts.store.openUnlessHeld(file, signal);
  // It may have landed meanwhile.
  const isMissing = slot !== undefined && slot.missing.length > 0;
  let arrivedBytes = 0;
  return {
    file,
    slot,
    async take(bytes) {
      const own = bytes.subarray(0, member.sizeBytes - arrivedBytes);
      if (isMissing) {
        await slot.write(arrivedBytes, own);
        if (file !== undefined) parts.read.sent.add(identityOf(file));
      }
      arrivedBytes += own.length;
      return own.length;
    },
    isFull: () => arrivedBytes === member.sizeBytes,
    drop: async () => slot?.suspend(),
  };
}

// Proving and naming go on while the next members arrive.
function createLandings({ read, rival }: Receiving, signal: AbortSignal) {
  const underWay = new Set<Promise<void>>();
  let failure: unknown;
  const land = async (file: RemoteFile, slot: Slot) => {
    try {
      read.blobs.set(identityOf(file), await slot.commit(signal));
      rival.landed();
    } catch (error) {
      const code = codeOf(error);
      if (code === 'DIGEST_MISMATCH' || code === 'SIZE_MISMATCH') read.wrong.push(file);
      else failure ??= error;
    }
    await slot.suspend().catch((error: unknown) => {
      failure ??= error;
    });
  };
  return {
    async add({ file, slot }: Taking) {
      if (file === undefined || slot === undefined) return;
      const landing = land(file, slot).finally(() => underWay.delete(landing));
      underWay.add(landing);
      if (underWay.size >= LANDINGS_AT_ONCE) await Promise.race(underWay);
      if (failure !== undefined) throw failure;
    },
    async finish() {
      await Promise.all(underWay);
      if (failure !== undefined) throw failure;
    },
  };
}
