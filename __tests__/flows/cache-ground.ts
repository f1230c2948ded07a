// A repository with large and small files, a cache service, and machines that have nothing: what the tests of the runner cache stand
// on. Not a test.

import { ALLOWANCE_MS, createAllowance } from '../../src/core/cache/allowance.ts';
import { createCacheWarnings } from '../../src/core/cache/warnings.ts';
import type { Event } from '../../src/core/events.ts';
import type { RawOptions } from '../../src/core/options.ts';
import type { Clock } from '../../src/core/ports.ts';
import type { Report } from '../../src/core/report.ts';
import { createEntryCache } from '../../src/host/cache/entry-cache.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createTransport } from '../../src/net/transport.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { bodiesOf } from './hash-file.ts';
import { type Looked, look } from './look.ts';
import { fileBytes, hashRepository, openFlow } from './open-flow.ts';

export const MIB = 1024 * 1024;
/** Two files with entries of their own, one of them longer than a piece, and three that travel in a pack. */
export const REPOSITORY = {
  id: 'o/model',
  commits: [
    {
      files: {
        'a.bin': { seed: 'a', sizeBytes: 9 * MIB },
        'b.bin': { seed: 'b', sizeBytes: 20 * MIB },
        'config.json': '{"a":1}',
        'vocab.txt': 'words\n'.repeat(1000),
        'weights.small': { seed: 'w', sizeBytes: 300_000 },
      },
    },
  ],
} as const satisfies RepositoryDescription;

export interface CacheRun extends Looked {
  readonly report: Report;
  readonly warnings: readonly Extract<Event, { type: 'warning' }>[];
  readonly events: readonly Event[];
  /** Bytes of files that hubs sent. */
  readonly hubBytes: number;
}

export interface CacheGround {
  readonly fakes: Fakes;
  truth(revision?: string): Promise<Record<string, string>>;
  /** A job on a machine that has nothing, with the cache; saves at once unless told otherwise. */
  run(raw?: RawOptions, clock?: Clock): Promise<CacheRun>;
  /** Keys of entries: of the large file with this seed, or of the pack. */
  keys(): { readonly blobs: readonly string[]; readonly packs: readonly string[] };
  close(): Promise<void>;
}

export async function openCacheGround(
  repositories: readonly RepositoryDescription[] = [REPOSITORY],
): Promise<CacheGround> {
  const fakes = await startFakes(repositories);
  const repository = () => fakes.modelscope.repository('o/model');
  return {
    fakes,
    truth: (revision = 'master') => hashRepository(repository(), revision),
    async run(raw = {}, clock = systemClock) {
      const before = fileBytes(fakes);
      const events: Event[] = [];
      const emit = createCacheWarnings((event: Event) => void events.push(event));
      const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
      const transport = createTransport({ policy, clock: systemClock, emit, userAgent: 'test' });
      const service = { url: fakes.cache.url, token: fakes.cache.options.token };
      const access = { read: true, write: true };
      // By the machine's own clock half of it is long enough.
      const allowance = createAllowance(clock === systemClock ? ALLOWANCE_MS / 2 : ALLOWANCE_MS);
      const cache = createEntryCache({ service, access, transport, clock, emit, allowance });
      const flow = await openFlow(fakes, { cache, emit, clock });
      try {
        const report = await flow.run('modelscope', { model: 'o/model', 'cache-save': 'immediately', ...raw });
        const warnings = events.filter((event) => event.type === 'warning');
        return {
          report,
          events,
          warnings,
          hubBytes: fileBytes(fakes) - before,
          ...(await look(flow, bodiesOf(repository()))),
        };
      } finally {
        await flow.close();
        await transport.close();
      }
    },
    keys() {
      const all = fakes.cache.entries.map(({ key }) => key);
      return { blobs: all.filter((key) => key.includes('-blob-')), packs: all.filter((key) => key.includes('-pack-')) };
    },
    close: () => fakes.close(),
  };
}
