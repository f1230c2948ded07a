// The steps that a release may take on each hub, and every place where it can be killed. Names only.

import type { Step } from '../../server.ts';
import type { HubName, StepFault, When } from '../../steps/step.ts';

/** What a release of small and large files to a new or old branch may ask of a hub, in the order in which it is first asked. */
export const RELEASE_STEPS: Readonly<Record<HubName, readonly Step[]>> = {
  modelscope: ['look', 'list', 'create', 'offer', 'put', 'commit', 'tag'],
  huggingface: [
    'look',
    'list',
    'create',
    'branch',
    'preupload',
    'offer',
    'put',
    'part',
    'complete',
    'verify',
    'pull-request',
    'commit',
    'status',
    'merge',
    'tag',
  ],
};

/** Steps that change what a hub holds, but for blobs. */
export const CHANGES: readonly Step[] = ['create', 'branch', 'pull-request', 'commit', 'status', 'merge', 'tag'];
/** Steps that bytes travel with. */
export const BLOBS: readonly Step[] = ['put', 'part'];
/** Questions with an answer in JSON. */
export const QUESTIONS: readonly Step[] = ['preupload', 'offer', 'complete', 'verify'];
/** Everything that a release needs and reading does not. */
export const WRITES: readonly Step[] = [...CHANGES, ...BLOBS, ...QUESTIONS];

const MOMENTS: readonly When[] = ['before', 'during', 'after'];

export interface KillPoint {
  readonly name: string;
  readonly hub: HubName;
  readonly step: Step;
  readonly when: When;
  /** Reading back what the release became. */
  readonly afterCommit: boolean;
}

/** Each step of each hub, before, during and after. What only reads has no effect to be killed in the middle of. */
export const KILL_POINTS: readonly KillPoint[] = (['modelscope', 'huggingface'] as const).flatMap((hub) => [
  ...RELEASE_STEPS[hub].flatMap((step) =>
    MOMENTS.filter((when) => when !== 'during' || WRITES.includes(step)).map((when) => ({
      name: `${hub}: ${when} ${step}`,
      hub,
      step,
      when,
      afterCommit: false,
    })),
  ),
  ...(['before', 'after'] as const).map((when) => ({
    name: `${hub}: ${when} list, when the commit was made`,
    hub,
    step: 'list' as const,
    when,
    afterCommit: true,
  })),
]);

/** Calls `kill` at the point; the connection breaks then, as that of a client that is gone. */
export function killAt({ name, hub, step, when, afterCommit }: KillPoint, kill: () => unknown): StepFault {
  const strike = async () => {
    await kill();
    return 'reset' as const;
  };
  return { name, times: 1, expect: 'recovers', steps: [step], hubs: [hub], when, afterCommit, strike };
}

/** The hubs that have something for a row to strike. */
export function hubsOf({ hubs, steps }: StepFault): HubName[] {
  const all = hubs ?? (['modelscope', 'huggingface'] as const);
  return all.filter((hub) => RELEASE_STEPS[hub].some((step) => steps.includes(step)));
}
