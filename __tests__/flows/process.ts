// A process of its own that downloads a model into a store which others share. Arguments: one JSON. Tells its events in lines. Not a
// test.

import type { Event } from '../../src/core/events.ts';
import { NO_LEASES } from '../../src/disk/lease.ts';
import { type HubAddresses, hashFolder, openFlow } from './open-flow.ts';

export interface ProcessSetting {
  readonly hubs: HubAddresses;
  readonly model: string;
  readonly store: string;
  /** False: leases that do nothing. */
  readonly leases: boolean;
}

/** What a process says, one JSON a line. */
export type Said =
  | { readonly type: 'waits' }
  | { readonly type: 'done'; readonly hashes: Readonly<Record<string, string>>; readonly sentBytes: number };

const say = (said: Said) => process.stdout.write(`${JSON.stringify(said)}\n`);

if (process.argv[1] === import.meta.filename) await main(JSON.parse(process.argv[2] ?? '') as ProcessSetting);

async function main({ hubs, model, store, leases }: ProcessSetting): Promise<void> {
  const emit = (event: Event) => {
    if (event.type === 'notice' && /waiting/.test(event.message)) say({ type: 'waits' });
  };
  const flow = await openFlow(hubs, { store, emit, silenceMs: 60_000, ...(leases ? {} : { leases: NO_LEASES }) });
  try {
    const report = await flow.run('modelscope', { model });
    say({ type: 'done', hashes: await hashFolder(flow.folder), sentBytes: report.totals.bytesDownloaded });
  } finally {
    await flow.close();
  }
}
