// Every fault of the table, in front of a large and of a small file of each hub: verified in the end, or the exact code and no wrong byte.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../../src/core/errors.ts';
import { FAULTS, type Fault } from '../fakes/faults.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import type { RepositoryDescription } from '../fakes/repository.ts';
import { type HubName, hashFolder, hashRepository, openFlow } from './open-flow.ts';

const MIB = 1024 * 1024;
const MODEL: RepositoryDescription = {
  id: 'o/model',
  commits: [
    {
      files: {
        'config.json': '{"a":1}',
        'small.txt': 'a few words that travel whole\n'.repeat(500),
        'large.bin': { seed: 'large', sizeBytes: 34 * MIB + 11 },
      },
    },
  ],
};

let fakes: Fakes;
beforeAll(async () => {
  fakes = await startFakes([MODEL]);
});
afterEach(() => fakes.reset());
afterAll(() => fakes.close());

async function runWith(hub: HubName, fault: Fault, path: string) {
  // A silence is only waited for by the fault that is one.
  const flow = await openFlow(fakes, { silenceMs: fault.needsTimeout === true ? 300 : 5000 });
  fakes.faults.add(fault, { path });
  try {
    const code = await flow.run(hub, { model: 'o/model' }).then(() => 'recovers', codeOf);
    return { code, folder: await hashFolder(flow.folder) };
  } finally {
    fakes.faults.release();
    await flow.close();
  }
}

for (const hub of ['modelscope', 'huggingface'] as const) {
  describe.each(['large.bin', 'small.txt'])(`${hub}, %s`, (path) => {
    test.each(FAULTS.map((fault) => [fault.name, fault] as const))('%s', async (name, fault) => {
      const { code, folder } = await runWith(hub, fault, path);
      const hasStruck = fakes.faults.struck.some((one) => one.name === name);
      // A small file travels whole and on no other origin, so some rows have nothing to strike there.
      if (path === 'large.bin') expect(hasStruck).toBe(true);
      expect(code).toBe(hasStruck ? fault.expect : 'recovers');
      const truth = await hashRepository(
        fakes[hub].repository('o/model'),
        fakes[hub].repository('o/model').defaultBranch,
      );
      expect(folder).toEqual(code === 'recovers' ? truth : {});
      expect(fakes.cdn.leaks).toEqual([]);
    });
  });
}
