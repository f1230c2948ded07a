// Starts all fakes from one description. `node __tests__/fakes/index.ts` runs them by hand, so that any client can be pointed at one.

import { TOKENS } from './access.ts';
import type { CacheServiceOptions } from './cache-calls.ts';
import { type FakeCacheService, startCacheService } from './cache-service.ts';
import { type Cdn, startCdn } from './cdn.ts';
import { createFaultPlan, type FaultPlan } from './faults.ts';
import { type FakeHuggingface, type HuggingfaceSetting, startHuggingface } from './huggingface.ts';
import { type FakeModelscope, type ModelscopeSetting, startModelscope } from './modelscope.ts';
import type { RepositoryDescription } from './repository.ts';
import { SAMPLE } from './sample.ts';
import { createStepPlan, type StepPlan } from './steps/plan.ts';

export interface FakesOptions {
  readonly modelscope?: ModelscopeSetting;
  readonly huggingface?: HuggingfaceSetting;
  readonly cache?: Partial<CacheServiceOptions>;
}

export interface Fakes {
  readonly modelscope: FakeModelscope;
  readonly huggingface: FakeHuggingface;
  readonly cdn: Cdn;
  readonly cache: FakeCacheService;
  /** In front of every file that a hub, the CDN or the cache sends. */
  readonly faults: FaultPlan;
  /** In front of every step of a release that a hub or its storage is asked for. */
  readonly steps: StepPlan;
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
  const steps = createStepPlan();
  const shared = { repositories, cdn, faults, steps };
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
    steps,
    reset() {
      faults.clear();
      steps.clear();
      for (const { server } of [modelscope, huggingface, huggingface.storage, modelscope.storage, cdn, cache])
        server.reset();
    },
    async close() {
      faults.release();
      steps.release();
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
    `export MODELSCOPE_API_TOKEN=${TOKENS.writer}`,
    `export HF_ENDPOINT=${fakes.huggingface.url} HF_HUB_DISABLE_XET=1`,
    `export HF_TOKEN=${TOKENS.writer}`,
    ...Object.entries(fakes.cache.environment()).map(([name, value]) => `export ${name}=${value}`),
    '# Ctrl-C ends it.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  process.once('SIGINT', () => void fakes.close().then(() => process.exit(0)));
}

if (process.argv[1] === import.meta.filename) await main();
