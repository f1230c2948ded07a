// A process of its own that downloads a model into a store which others share. Arguments: one JSON. Tells its events in lines. Not a
// test.

import type { Event } from '../../src/core/events.ts';
import { createLeases, type LeasePace } from '../../src/disk/lease/lease.ts';
import { createLayout } from '../../src/disk/store/layout.ts';
import { NO_LEASES } from '../disk/no-leases.ts';
import { type HubAddresses, hashFolder, openFlow } from './open-flow.ts';

export interface ProcessSetting {
  readonly hubs: HubAddresses;
  readonly model: string;
  readonly store: string;
  /** False: leases that do nothing. */
  readonly leases: boolean;
  /** Of the leases; their own when not given. */
  readonly pace?: LeasePace;
}

/** What a process says, one JSON a line. */
export type Said =
  | { readonly type: 'waits' }
  | {
      readonly type: 'done';
      readonly hashes: Readonly<Record<string, string>>;
      readonly sentBytes: number;
      /** From the first file that it waited for to the end, in milliseconds; 0 for one that waited for none. */
      readonly waitedMs: number;
    };

const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '') as ProcessSetting);

async function main({ hubs, model, store, leases: areOn, pace }: ProcessSetting): Promise<void> {
  let waitsSinceMs: number | undefined;
  const emit = (event: Event) => {
    if (event.type !== 'notice' || !/waiting/.test(event.message)) return;
    waitsSinceMs ??= performance.now();
    say({ type: 'waits' });
  };
  const leases = areOn ? createLeases(createLayout(store), pace) : NO_LEASES;
  const flow = await openFlow(hubs, { store, emit, silenceMs: 60_000, leases });
  try {
    const report = await flow.run('modelscope', { model });
    const waitedMs = waitsSinceMs === undefined ? 0 : performance.now() - waitsSinceMs;
    const sentBytes = report.totals.bytesDownloaded;
    say({ type: 'done', hashes: await hashFolder(flow.folder), sentBytes, waitedMs });
  } finally {
    await flow.close();
  }
}
