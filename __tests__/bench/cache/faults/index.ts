// What a fault of the runner cache costs a job, in real time: each fault at each moment at which it can strike, through the bundles, beside
// jobs with a cache that is well. `npm run bench-cache -- --faults`. Progress on stderr. Not a test.

import { startCacheService } from '../../../fakes/cache-service.ts';
import { createFaultPlan } from '../../../fakes/faults.ts';
import { startFakes } from '../../../fakes/index.ts';
import type { Exchange } from '../../../fakes/server.ts';
import { hashRepository } from '../../../flows/open-flow.ts';
import { type CacheFault, TRIALS } from './faults.ts';
import { type Job, type JobSetting, runJob } from './job.ts';
import { askedBy, isCall, type Moment } from './moments.ts';
import { renderFaults } from './table.ts';

const MIB = 1024 * 1024;
/** Two files with entries of their own, which are sent in five blocks, and a pack. */
const MODEL = {
  id: 'o/model',
  commits: [
    {
      files: {
        'a.bin': { seed: 'a', sizeBytes: 40 * MIB },
        'b.bin': { seed: 'b', sizeBytes: 24 * MIB },
        'c.small': { seed: 'c', sizeBytes: 5 * MIB },
        'd.small': { seed: 'd', sizeBytes: 3 * MIB },
        'config.json': '{"a":1}',
        'vocab.txt': 'words\n'.repeat(1000),
      },
    },
  ],
};

export interface FaultRun {
  readonly moment: Moment;
  /** Undefined for a cache that is well. */
  readonly fault: string | undefined;
  readonly job: Job;
  /** Requests that were struck. */
  readonly struck: number;
  /** Entries that were saved in the end. */
  readonly saved: number;
}

export interface FaultsSetting {
  readonly rounds: number;
  /** Only moments and faults whose titles match. */
  readonly only: RegExp;
  say(line: string): void;
}

/** @returns the table */
export async function measureFaults({ rounds, only, say }: FaultsSetting): Promise<string> {
  const fakes = await startFakes([MODEL]);
  const truth = await hashRepository(fakes.modelscope.repository('o/model'), 'master');
  const job = { hubUrl: fakes.modelscope.url, model: 'o/model', truth };
  const runs: FaultRun[] = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const { moment, faults } of TRIALS) {
        const chosen = faults.filter(({ title }) => only.test(`${moment.protocol} ${moment.title}: ${title}`));
        for (const fault of chosen.length === 0 ? [] : [undefined, ...chosen]) {
          const run = await tryOut(moment, fault, job);
          say(lineOf(run));
          runs.push(run);
        }
      }
    }
  } finally {
    await fakes.close();
  }
  return renderFaults(runs, rounds);
}

function lineOf({ moment, fault = 'well', job, struck }: FaultRun): string {
  const seconds = `${job.mainSeconds.toFixed(2)} + ${job.postSeconds.toFixed(2)} s`;
  const verdict = `${job.isGreen ? 'green' : 'RED'}, ${job.isRight ? 'right' : 'WRONG'}`;
  const warnings = job.warnings.map((line) => `\n    ${line.slice(0, 200)}`).join('');
  return `${moment.protocol} ${moment.title}: ${fault}: ${seconds}, ${struck} struck, ${verdict}${warnings}`;
}

/** Saves what is to be read with a cache that is well, and lets the fault in for the job that is measured. */
async function tryOut(
  moment: Moment,
  fault: CacheFault | undefined,
  job: Omit<JobSetting, 'cache'>,
): Promise<FaultRun> {
  const plan = createFaultPlan();
  const gate = createGate(moment, fault);
  const cache = await startCacheService({ faults: plan, gate: gate.meet });
  const environment = moment.protocol === 'first' ? cache.firstEnvironment() : cache.environment();
  try {
    if (moment.step === 'restore') await runJob({ ...job, cache: environment });
    const before = cache.entries.length;
    gate.open();
    if (fault?.bytes !== undefined) plan.add(fault.bytes, { path: pathOf(moment) });
    const measured = await runJob({ ...job, cache: environment });
    const struck = gate.struck() + plan.struck.length;
    return { moment, fault: fault?.title, job: measured, struck, saved: cache.entries.length - before };
  } finally {
    await cache.close();
  }
}

function pathOf({ protocol, asked }: Moment): RegExp {
  if (protocol === 'first') return /./;
  return asked === 'pack' ? /-pack-/ : /-blob-/;
}

function createGate(moment: Moment, fault: CacheFault | undefined) {
  let isOpen = false;
  let met = 0;
  let struck = 0;
  return {
    open() {
      isOpen = true;
    },
    struck: () => struck,
    async meet(exchange: Exchange): Promise<boolean> {
      if (!isOpen || fault?.strike === undefined) return false;
      const asked = askedBy(exchange);
      if (asked === moment.asked) met += 1;
      if (met < (moment.count ?? 1) || isCall(asked) !== isCall(moment.asked)) return false;
      struck += 1;
      return await fault.strike(exchange, moment.protocol);
    },
  };
}
