// Starts all fakes from one description. `node __tests__/fakes/index.ts` runs them by hand, so that any client can be pointed at one.

import { TOKENS } from './access.ts';
import type { CacheServiceOptions } from './cache-calls.ts';
import { type FakeCacheService, startCacheService } from './cache-service.ts';
import { type Cdn, startCdn } from './cdn.ts';
import { createFaultPlan, type FaultPlan } from './faults.ts';
import { type FakeHuggingface, startHuggingface } from './huggingface.ts';
import type { HuggingfaceOptions } from './huggingface-hub.ts';
import { type FakeModelscope, startModelscope } from './modelscope.ts';
import type { ModelscopeOptions } from './modelscope-hub.ts';
import type { RepositoryDescription } from './repository.ts';
import { SAMPLE } from './sample.ts';

export interface FakesOptions {
  readonly modelscope?: Partial<ModelscopeOptions>;
  readonly huggingface?: Partial<HuggingfaceOptions>;
  readonly cache?: Partial<CacheServiceOptions>;
}

export interface Fakes {
  readonly modelscope: FakeModelscope;
  readonly huggingface: FakeHuggingface;
  readonly cdn: Cdn;
  readonly cache: FakeCacheService;
  /** In front of every file that a hub, the CDN or the cache sends. */
  readonly faults: FaultPlan;
  /** Forgets requests, canned answers and faults; repositories and options stay. */
  reset(): void;
  /** Breaks off every connection and removes what the fakes wrote. */
  close(): Promise<void>;
}

/** Both hubs hold every repository, each with a state of its own. */
export async function startFakes(
  repositories: readonly RepositoryDescription[] = SAMPLE,
  options: FakesOptions = {},
): Promise<Fakes> {
  const faults = createFaultPlan();
  const cdn = await startCdn({ faults });
  const shared = { repositories, cdn, faults };
  const modelscope = await startModelscope({ ...shared, ...(options.modelscope && { options: options.modelscope }) });
  const huggingface = await startHuggingface({
    ...shared,
    ...(options.huggingface && { options: options.huggingface }),
  });
  const cache = await startCacheService({ faults, ...(options.cache && { options: options.cache }) });
  return {
    modelscope,
    huggingface,
    cdn,
    cache,
    faults,
    reset() {
      faults.clear();
      for (const { server } of [modelscope, huggingface, cdn, cache]) server.reset();
    },
    async close() {
      faults.release();
      await Promise.all([modelscope, huggingface, cdn, cache].map((one) => one.close()));
    },
  };
}

async function main(): Promise<void> {
  const fakes = await startFakes();
  const lines = [
    `# Repositories: ${SAMPLE.map(({ id, kind }) => (kind === 'dataset' ? `datasets/${id}` : id)).join(', ')}`,
    `# CDN: ${fakes.cdn.url}`,
    `export MODELSCOPE_ENDPOINT=${fakes.modelscope.url}`,
    `export MODELSCOPE_API_TOKEN=${TOKENS.reader}`,
    `export HF_ENDPOINT=${fakes.huggingface.url} HF_HUB_DISABLE_XET=1`,
    `export HF_TOKEN=${TOKENS.reader}`,
    ...Object.entries(fakes.cache.environment()).map(([name, value]) => `export ${name}=${value}`),
    '# Ctrl-C ends it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.once('SIGINT', () => void fakes.close().then(() => process.exit(0)));
}

if (process.argv[1] === import.meta.filename) await main();
