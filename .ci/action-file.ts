// action.yml as data and as text: what the official language service says of it, and what that does not look at.

import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { parse } from 'yaml';
import type { Finding } from './workflow-text.ts';

interface Described {
  readonly description?: string;
  readonly required?: boolean;
}

/** What the checks read of an action's metadata. */
export interface ActionFile {
  readonly inputs: Readonly<Record<string, Described>>;
  readonly outputs: Readonly<Record<string, Described>>;
  readonly runs: Readonly<Record<string, string>>;
}

export function parseActionFile(text: string): ActionFile {
  const { inputs, outputs, runs } = parse(text) as Partial<ActionFile>;
  return { inputs: inputs ?? {}, outputs: outputs ?? {}, runs: runs ?? {} };
}

/** @param root the folder that the paths in `runs` are relative to */
export async function lintActionFile(text: string, root: string): Promise<Finding[]> {
  const action = parseActionFile(text);
  return [...(await askLanguageService(text)), ...missingPrograms(action, root), ...undescribed(action)];
}

let asked = 0;

async function askLanguageService(text: string): Promise<Finding[]> {
  const { validate } = await loadLanguageService();
  // It remembers what it said about an address.
  asked += 1;
  const lines = text.split('\n').length;
  const document = { uri: `file:///${asked}/action.yml`, languageId: 'yaml', version: 1, lineCount: lines };
  // It asks a document for its address and its text, and for nothing else.
  const found = await validate({ ...document, getText: () => text } as Parameters<typeof validate>[0]);
  return found.map(({ message, range }) => ({
    file: 'action.yml',
    line: range.start.line + 1,
    message: typeof message === 'string' ? message : message.value,
  }));
}

// It imports JSON without saying so, which bundlers allow and Node does not.
async function loadLanguageService(): Promise<typeof import('@actions/languageservice')> {
  const hooks = registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
  });
  try {
    return await import('@actions/languageservice');
  } finally {
    hooks.deregister();
  }
}

function missingPrograms({ runs }: ActionFile, root: string): Finding[] {
  const programs = ['pre', 'main', 'post'].map((name) => runs[name]).filter((program) => program !== undefined);
  return programs
    .filter((program) => !existsSync(path.join(root, program)))
    .map((program) => ({ file: 'action.yml', line: 1, message: `the program ${program} is not there` }));
}

function undescribed({ inputs, outputs }: ActionFile): Finding[] {
  return Object.entries({ ...inputs, ...outputs })
    .filter(([, row]) => (row.description ?? '').trim() === '')
    .map(([name]) => ({ file: 'action.yml', line: 1, message: `"${name}" has no description` }));
}
