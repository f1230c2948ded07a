// The draft of a very small file: in memory until it is proved.

import { createDigester } from '../../core/digest.ts';
import type { LeanReader } from '../../core/ports.ts';
import type { RemoteFile } from '../../core/snapshot.ts';
import { onDisk } from '../io-error.ts';
import { releaseOwner, takeOwner } from '../lease/owner.ts';
import { removeFile } from '../swift-steps.ts';
import type { Draft } from './draft.ts';
import { algorithmsFor } from './proof.ts';
import type { StoreParts } from './publish.ts';
import { openRangeMemory, type RangeMemory } from './range-memory.ts';

/** Up to this size: as many of them as there are connections are in memory at once. */
export const MEMORY_BYTES = 1024 * 1024;

export function openMemoryDraft({ layout, reader }: StoreParts, file: RemoteFile): Draft {
  const owner = takeOwner();
  const path = layout.staged('draft', owner);
  const data = openRangeMemory(path, file.sizeBytes);
  return {
    path,
    data,
    resumed: [],
    lostBytes: 0,
    noteWrite: () => undefined,
    ...(reader === undefined ? {} : { fetch: fetchInto(data, reader) }),
    async hash() {
      const digests = algorithmsFor(file).map(
        (algorithm) =>
          `${algorithm}:${createDigester(algorithm, file.sizeBytes).update(data.bytes).digest('hex')}` as const,
      );
      return { digests, marks: [] };
    },
    clear: () => data.clear(),
    async keep() {
      releaseOwner(owner);
    },
    close: () => data.close(),
    async remove() {
      // Published, it has another name by now.
      await onDisk(path, () => removeFile(path));
      releaseOwner(owner);
    },
  };
}

function fetchInto(data: RangeMemory, reader: LeanReader): NonNullable<Draft['fetch']> {
  return (task, watch, signal) => {
    let offsetBytes = task.range.start;
    const sink = (bytes: Uint8Array) => {
      data.put(offsetBytes, bytes);
      offsetBytes += bytes.length;
      watch.onBytes(bytes.length);
    };
    return reader.fetch(task, sink, watch.onHead, signal);
  };
}
