// What no linter knows: how workflows use this action, how they pin others, and that the last job waits for all.

import { parse } from 'yaml';
import type { ActionFile } from './action-file.ts';
import type { Finding, WorkflowText } from './workflow-text.ts';

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly steps?: readonly Step[];
  readonly needs?: string | readonly string[];
}

/** Our own action: by its name, or from the repository itself. */
const OURS = /^(?:\.\/|[\w.-]+\/model-fetch@)/;
const PINNED = /@[0-9a-f]{40}\s+# v\d+\.\d+\.\d+\s*$/;

/** Inputs that the action does not have or wants and is not given; outputs that it does not set. */
export function checkUses(workflow: WorkflowText, action: ActionFile): Finding[] {
  const messages = Object.values(jobsOf(workflow)).flatMap((job) => {
    const ours = (job.steps ?? []).filter((step) => OURS.test(step.uses ?? ''));
    return [...ours.flatMap((step) => checkInputs(step, action)), ...checkOutputs(job, ours, action)];
  });
  return messages.map(({ message, near }) => ({ file: workflow.file, line: lineOf(workflow, near), message }));
}

interface Remark {
  readonly message: string;
  /** Text that stands where the remark belongs. */
  readonly near: string;
}

function checkInputs(step: Step, { inputs }: ActionFile): Remark[] {
  const given = Object.keys(step.with ?? {});
  const unknown = given.filter((name) => inputs[name] === undefined);
  const missing = Object.keys(inputs).filter((name) => inputs[name]?.required === true && !given.includes(name));
  return [
    ...unknown.map((name) => ({ message: `action.yml has no input "${name}"`, near: `${name}:` })),
    ...missing.map((name) => ({ message: `the input "${name}" is not given`, near: step.uses ?? '' })),
  ];
}

function checkOutputs(job: Job, ours: readonly Step[], { outputs }: ActionFile): Remark[] {
  const ids = new Set(ours.map(({ id }) => id));
  const reads = [...JSON.stringify(job).matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)];
  return reads
    .filter(([, id, name = '']) => ids.has(id) && outputs[name] === undefined)
    .map(([near, , name]) => ({ message: `action.yml has no output "${name}"`, near }));
}

/** Actions of others that are not pinned by a commit, with the version in a comment. */
export function checkPins({ file, line, text }: WorkflowText): Finding[] {
  return text.split('\n').flatMap((row, index) => {
    const used = /^\s*(?:-\s+)?uses:\s*(\S+)/.exec(row)?.[1];
    if (used === undefined || used.startsWith('./') || PINNED.test(row)) return [];
    return [{ file, line: line + index, message: `${used} is not pinned by a commit with its version in a comment` }];
  });
}

/** Jobs that a job called `gate` does not wait for. */
export function checkGate(workflow: WorkflowText): Finding[] {
  const { gate, ...others } = jobsOf(workflow);
  if (gate === undefined) return [];
  const needs = new Set([gate.needs ?? []].flat());
  return Object.keys(others)
    .filter((name) => !needs.has(name))
    .map((name) => ({
      file: workflow.file,
      line: lineOf(workflow, 'gate:'),
      message: `gate does not wait for "${name}"`,
    }));
}

function jobsOf({ text }: WorkflowText): Readonly<Record<string, Job>> {
  return (parse(text) as { jobs?: Record<string, Job> } | null)?.jobs ?? {};
}

function lineOf({ line, text }: WorkflowText, near: string): number {
  const before = text.slice(0, Math.max(0, text.indexOf(near)));
  return line + before.split('\n').length - 1;
}
