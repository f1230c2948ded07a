// The store: verified content by digest, each once. Correct without any lock: a private name, the proof, a rename.

import type { Emit } from '../../core/events.ts';
import type { StoreCare } from '../../core/ports/store-care.ts';
import type { Hasher, LeanReader, Store } from '../../core/ports.ts';
import { createStoreCare } from '../care/store-care.ts';
import { onDisk } from '../io-error.ts';
import { createHolds } from '../lease/hold.ts';
import { createLeases, type Leases } from '../lease/lease.ts';
import { pathOfBlob, type StoreParts } from '../slot/publish.ts';
import { openSlot, openSlotUnlessHeld, resumableBytes } from '../slot/slot.ts';
import { openStage } from '../stage.ts';
import { prepareStore } from '../staging.ts';
import { uniteFolders } from '../swift-steps.ts';
import { adopt } from './adopt.ts';
import { find } from './find.ts';
import { refuseNewer } from './format.ts';
import { createLayout, type Layout } from './layout.ts';
import { readBlob } from './read-blob.ts';
import { createShelf } from './shelf.ts';

export interface StoreOptions {
  /** Made with the first thing that is stored; looking makes nothing. */
  readonly folder: string;
  readonly hasher: Hasher;
  /** Fetches very small files; they are left to whoever writes into their slots unless it is given. */
  readonly reader?: LeanReader;
  /** For a dry run: `find` removes and records nothing. */
  readonly isReadOnly?: boolean;
  /** Milliseconds since 1970; the system's when not given. */
  readonly nowMs?: () => number;
  /** Told when it waits for another process. */
  readonly emit?: Emit;
  /** Folders of stores that came with the machine; they are read and never written. */
  readonly lowers?: readonly string[];
  /** An empty file that tells others that the store is there; made with it. */
  readonly marker?: string;
  /** Those in the folder itself unless given. */
  readonly leases?: (layout: Layout) => Leases;
}

export function createStore(options: StoreOptions): Store & { readonly care: StoreCare } {
  const {
    folder,
    hasher,
    reader,
    isReadOnly = false,
    nowMs = Date.now,
    emit = () => undefined,
    leases = createLeases,
    lowers = [],
    marker,
  } = options;
  const layout = createLayout(folder);
  uniteFolders(layout.folder);
  const holds = createHolds(layout);
  let prepared: Promise<void> | undefined;
  const prepare = () => {
    prepared ??= prepareStore(layout, { marker }).then(holds.write);
    return prepared;
  };
  let usable: Promise<void> | undefined;
  // Asked once, before anything is read or written.
  const inStore = <T>(path: string, work: () => Promise<T>) =>
    onDisk(path, async () => {
      usable ??= refuseNewer(layout);
      await usable;
      return await work();
    });
  const parts: StoreParts = {
    layout,
    hasher,
    reader,
    leases: leases(layout),
    lowers: lowers.map(createLayout),
    elsewhere: new Map(),
    emit,
    nowMs,
    isReadOnly,
    prepare,
  };

  return {
    folder: layout.folder,
    find: (file, verify, signal) => inStore(layout.folder, () => find(parts, file, verify, signal)),
    adopt: (path, file, signal) => inStore(path, () => adopt(parts, path, file, signal)),
    open: (file, signal) => inStore(layout.folder, () => openSlot(parts, file, signal)),
    openUnlessHeld: (file, signal) => inStore(layout.folder, () => openSlotUnlessHeld(parts, file, signal)),
    isBusy: hasher.isBusy,
    partialBytes: (file) => inStore(layout.folder, () => resumableBytes(parts, file)),
    pathOf: (blob) => pathOfBlob(parts, blob),
    read: (blob, range) => readBlob(pathOfBlob(parts, blob), range),
    hold: async (about, files) =>
      isReadOnly ? undefined : await inStore(layout.folder, () => holds.hold(about, files)),
    pin: async (by, files) => (isReadOnly ? undefined : await inStore(layout.folder, () => holds.pin(by, files))),
    close: () => onDisk(layout.folder, holds.release),
    care: createStoreCare(parts),
    shelf: createShelf(parts),
    stage: () => inStore(layout.folder, () => openStage(parts)),
  };
}
