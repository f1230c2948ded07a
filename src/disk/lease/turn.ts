// Whose turn it is to bring a content in: ours, or nobody's any more because it landed meanwhile. Waits when it is another's.

import type { Blob, Found } from '../../core/ports.ts';
import { identityOf, type RemoteFile } from '../../core/snapshot.ts';
import type { StoreParts } from '../slot/publish.ts';
import { find } from '../store/find.ts';
import { lookAnew } from '../store/look-anew.ts';
import type { Lease } from './lease.ts';

export type Turn =
  | { readonly kind: 'ours'; readonly lease: Lease }
  /** Another process was quicker; it is proved. */
  | { readonly kind: 'landed'; readonly blob: Blob };

/** Undefined at once while another process brings the content in. @throws DISK_IO, ABORTED */
export async function tryTurn(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<Turn | undefined> {
  const lease = await parts.leases.take(identityOf(file));
  if (lease === undefined) return undefined;
  try {
    // After the lease is had: before it, another process could still have been about to finish.
    const { blob } = await lease.during(findAnew(parts, file, signal));
    if (blob === undefined) return { kind: 'ours', lease };
    await lease.release();
    return { kind: 'landed', blob };
  } catch (error) {
    await lease.release();
    throw error;
  }
}

/** Waits for its turn, no longer than the lease of a holder lasts to which nothing happens, and says so. @throws DISK_IO, ABORTED */
export async function takeTurn(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<Turn> {
  for (let isFirst = true; ; isFirst = false) {
    const turn = await tryTurn(parts, file, signal);
    if (turn !== undefined) return turn;
    if (isFirst) parts.emit({ type: 'notice', message: `Another process is fetching ${file.path}: waiting for it` });
    await parts.leases.untilFree(identityOf(file), signal);
    // Without the lease: all who waited may look at the same time.
    const { blob } = await findAnew(parts, file, signal);
    if (blob !== undefined) return { kind: 'landed', blob };
  }
}

async function findAnew(parts: StoreParts, file: RemoteFile, signal: AbortSignal): Promise<Found> {
  await lookAnew(parts.layout, identityOf(file));
  return await find(parts, file, 'receipt', signal);
}
