// What must happen so that a folder shows a snapshot: a pure list of steps, each with its reason. Printing it is the dry run.

import type { Blob, ViewState } from './ports.ts';
import type { RemoteFile, Snapshot } from './snapshot.ts';

export type StepKind = 'keep' | 'link' | 'move' | 'delete';

export interface Step {
  readonly kind: StepKind;
  readonly path: string;
  readonly sizeBytes: number;
  readonly reason: string;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Bytes that are nowhere on this machine. */
  readonly moveBytes: number;
}

export interface PlanInput {
  readonly snapshot: Snapshot;
  /** Verified content that is on this machine, by path. */
  readonly blobs: ReadonlyMap<string, Blob>;
  /** Paths whose content was there and damaged. */
  readonly damaged: ReadonlySet<string>;
  readonly view: ViewState;
}

export function createPlan(input: PlanInput): Plan {
  const foreign = new Set(input.view.foreign);
  const steps = input.snapshot.files.map((file) => stepFor(file, input, foreign));
  const wanted = new Set<string>(input.snapshot.files.map((file) => file.path));
  for (const path of input.view.placed.keys()) {
    if (!wanted.has(path)) steps.push({ kind: 'delete', path, sizeBytes: 0, reason: 'no longer in the snapshot' });
  }
  const moveBytes = steps.reduce((sum, step) => sum + (step.kind === 'move' ? step.sizeBytes : 0), 0);
  return { steps, moveBytes };
}

function stepFor(file: RemoteFile, input: PlanInput, foreign: ReadonlySet<string>): Step {
  const blob = input.blobs.get(file.path);
  const placed = input.view.placed.get(file.path);
  const base = { path: file.path, sizeBytes: file.sizeBytes };
  if (blob !== undefined && placed === blob.sha256) return { ...base, kind: 'keep', reason: 'unchanged' };
  if (blob !== undefined) return { ...base, kind: 'link', reason: 'content is in the store' };
  if (input.damaged.has(file.path)) return { ...base, kind: 'move', reason: 'content in the store is damaged' };
  if (foreign.has(file.path)) {
    return {
      ...base,
      kind: 'move',
      reason: 'another file lies there; it is hashed first and taken over if it is the same',
    };
  }
  return { ...base, kind: 'move', reason: placed === undefined ? 'missing' : 'content differs' };
}
