// The GitHub runner: raw inputs, outputs, state, masks, annotations, summary. The only file that speaks @actions/core.

import * as core from '@actions/core';
import { codeOf, exitCodeOf } from '../core/errors.ts';
import { OPTION_NAMES, type RawOptions } from '../core/options.ts';
import type { Lines } from './console.ts';
import { errorText } from './error-text.ts';

export function readInputs(): RawOptions {
  return Object.fromEntries(OPTION_NAMES.map((name) => [name, core.getInput(name, { trimWhitespace: false })]));
}

export function setOutputs(outputs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(outputs)) core.setOutput(name, value);
}

/** Log lines of a step: groups for sections, annotations for warnings, masks for secrets. */
export function createActionLines(): Lines {
  let isOpen = false;
  const end = () => {
    if (isOpen) core.endGroup();
    isOpen = false;
  };
  return {
    info: (line) => core.info(harmless(line)),
    warn: (line) => core.warning(line, { title: 'model-fetch' }),
    section(title) {
      end();
      core.startGroup(title);
      isOpen = true;
    },
    end,
    secret: mask,
  };
}

export function mask(value: string): void {
  if (value.trim() !== '') core.setSecret(value);
}

// A line of the log that begins like a workflow command would be obeyed.
function harmless(line: string): string {
  return line.replace(/^(\s*):(?=:)/, '$1\u200b:').replaceAll('##[', '#\u200b#[');
}

export async function writeSummary(markdown: string): Promise<void> {
  // Turned off, or an old runner: the summary is a courtesy.
  if (process.env['GITHUB_STEP_SUMMARY'] === undefined) return;
  await core.summary.addRaw(markdown).write();
}

const STATE = { file: 'save', seal: 'seal' } as const;

/** What the post step is to know: a file, since state itself has the size limit of an environment variable; and what is to be found
 * in it, since other steps can write to the file, but not to the state. */
export interface StepState {
  readonly file: string;
  readonly seal: string;
}

export function saveState({ file, seal }: StepState): void {
  core.saveState(STATE.file, file);
  core.saveState(STATE.seal, seal);
}

/** Undefined when the main step left nothing. */
export function readState(): StepState | undefined {
  const file = core.getState(STATE.file);
  return file === '' ? undefined : { file, seal: core.getState(STATE.seal) };
}

/** Ends the step as failed, with one annotation. */
export function fail(error: unknown): void {
  core.error(errorText(error), { title: codeOf(error) ?? 'Unexpected error' });
  process.exitCode = exitCodeOf(error);
}
