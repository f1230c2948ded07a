// Lints action.yml, the workflows of this repository, and every workflow that README and docs offer for copying.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { lintActionFile, parseActionFile } from './action-file.ts';
import { lintWorkflow } from './workflow-lint.ts';
import { checkGate, checkPins, checkUses } from './workflow-steps.ts';
import { type Finding, readWorkflows, type WorkflowText } from './workflow-text.ts';

const root = path.join(import.meta.dirname, '..');
const actionText = readFileSync(path.join(root, 'action.yml'), 'utf8');
const action = parseActionFile(actionText);
let count = 0;

tell('action.yml', await lintActionFile(actionText, root));
for (const workflow of readWorkflows(root)) tell(`${workflow.file}:${workflow.line}`, await lint(workflow));
process.stdout.write(count === 0 ? 'Nothing found.\n' : `${count} found.\n`);
process.exitCode = count === 0 ? 0 : 1;

async function lint(workflow: WorkflowText): Promise<Finding[]> {
  const pins = workflow.kind === 'workflow' ? checkPins(workflow) : [];
  return [...(await lintWorkflow(workflow)), ...checkUses(workflow, action), ...pins, ...checkGate(workflow)];
}

function tell(subject: string, findings: readonly Finding[]): void {
  count += findings.length;
  process.stdout.write(`${findings.length === 0 ? 'ok  ' : 'BAD '} ${subject}\n`);
  for (const { file, line, message } of findings) process.stdout.write(`     ${file}:${line}: ${message}\n`);
}
