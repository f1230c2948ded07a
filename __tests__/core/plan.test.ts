// What must happen for each file, and why.

import { expect, test } from 'vitest';
import { createPlan, type PlanInput } from '../../src/core/plan.ts';
import { snapshotOf } from './sample.ts';

const SHA = 'ab'.repeat(32);
const OTHER = 'cd'.repeat(32);
const blob = { sha256: SHA, sizeBytes: 5 };

function planFor(changes: Partial<Omit<PlanInput, 'snapshot'>>) {
  return createPlan({
    snapshot: snapshotOf(['model'], 5),
    blobs: new Map(),
    damaged: new Set(),
    view: { placed: new Map(), foreign: [] },
    ...changes,
  });
}

const held = new Map([['model', blob]]);
const placed = (sha256: string) => ({ placed: new Map([['model', sha256]]), foreign: [] });

test.each<[string, Partial<Omit<PlanInput, 'snapshot'>>, string, number]>([
  ['here and in place', { blobs: held, view: placed(SHA) }, 'keep', 0],
  ['here and not in place', { blobs: held }, 'link', 0],
  ['here, and something else in place', { blobs: held, view: placed(OTHER) }, 'link', 0],
  ['here, and a stranger in place', { blobs: held, view: { placed: new Map(), foreign: ['model'] } }, 'link', 0],
  ['nowhere', {}, 'move', 5],
  ['damaged', { damaged: new Set(['model']) }, 'move', 5],
  ['another content in place', { view: placed(OTHER) }, 'move', 5],
  ['the right name in place and nothing that proves it', { view: placed(SHA) }, 'move', 5],
  ['a stranger in place', { view: { placed: new Map(), foreign: ['model'] } }, 'move', 5],
])('%s', (_, input, kind, moveBytes) => {
  const plan = planFor(input);
  expect(plan.steps).toEqual([{ kind, path: 'model', sizeBytes: 5, reason: expect.stringMatching(/./) }]);
  expect(plan.moveBytes).toBe(moveBytes);
});

test('each way of having to move has a reason of its own', () => {
  const reasons = [
    {},
    { damaged: new Set(['model']) },
    { view: placed(OTHER) },
    { view: { placed: new Map(), foreign: ['model'] } },
  ].map((input) => planFor(input).steps[0]?.reason);
  expect(new Set(reasons).size).toBe(4);
});

test('what the snapshot no longer has goes; what is not ours stays', () => {
  const view = { placed: new Map([['old/file', SHA]]), foreign: ['notes.txt'] };
  expect(planFor({ blobs: held, view }).steps.map(({ kind, path }) => [kind, path])).toEqual([
    ['link', 'model'],
    ['delete', 'old/file'],
  ]);
});

test('steps follow the order of the snapshot, and bytes add up', () => {
  const input = { blobs: new Map([['b', blob]]), damaged: new Set<string>(), view: { placed: new Map(), foreign: [] } };
  const plan = createPlan({ snapshot: snapshotOf(['c', 'a', 'b'], 5), ...input });
  expect(plan.steps.map((step) => `${step.kind} ${step.path}`)).toEqual(['move a', 'link b', 'move c']);
  expect(plan.moveBytes).toBe(10);
});
