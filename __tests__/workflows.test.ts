// The checks of `npm run lint-workflows`: each of them finds the mistake that it is there for.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type ActionFile, lintActionFile } from '../.ci/action-file.ts';
import { lintWorkflow } from '../.ci/workflow-lint.ts';
import { checkGate, checkPins, checkUses } from '../.ci/workflow-steps.ts';
import { findExamples, readWorkflows, type WorkflowText } from '../.ci/workflow-text.ts';

const ACTION: ActionFile = {
  inputs: { model: { description: 'm', required: true }, path: { description: 'p' } },
  outputs: { path: { description: 'p' } },
  runs: { using: 'node24', main: 'index.js' },
};
const COMMIT = 'd23441a48e516b6c34aea4fa41551a30e30af803';

function workflow(...steps: string[]): WorkflowText {
  const head = ['on: push', 'jobs:', '  test:', '    runs-on: ubuntu-latest', '    steps:'];
  return {
    file: 'x.yml',
    line: 1,
    text: [...head, ...steps.map((row) => `      ${row}`), ''].join('\n'),
    kind: 'workflow',
  };
}

/** An expression as workflows write it. */
const value = (of: string) => `\${{ ${of} }}`;
const said = (findings: readonly { line: number; message: string }[]) =>
  findings.map(({ line, message }) => `${line}: ${message}`);

test('a good workflow has no findings', async () => {
  const good = workflow(
    `- uses: actions/checkout@${COMMIT} # v6.1.0`,
    '- id: m',
    '  uses: ./',
    '  with: { model: a/b, path: x }',
    '- run: ls "$P"',
    `  env: { P: "${value('steps.m.outputs.path')}" }`,
  );
  expect(await lintWorkflow(good)).toEqual([]);
  expect([...checkUses(good, ACTION), ...checkPins(good), ...checkGate(good)]).toEqual([]);
});

test('actionlint finds outsiders’ text in a script, and counts lines from where the workflow stands', async () => {
  const bad = workflow(`- run: echo ${value('github.event.pull_request.title')}`);
  const findings = await lintWorkflow({ ...bad, line: 100 });
  expect(findings).toEqual([{ file: 'x.yml', line: 105, message: expect.stringContaining('potentially untrusted') }]);
});

test.each(['./', './action', 'org/model-fetch@v1', `org/model-fetch@${COMMIT}`])(
  '%s: an input or output that the action does not have, and one that is missing',
  (uses) => {
    const bad = workflow(
      '- id: m',
      `  uses: ${uses}`,
      '  with:',
      '    modell: a/b',
      `- run: echo ${value('steps.m.outputs.folder')} ${value('steps.other.outputs.anything')}`,
    );
    expect(said(checkUses(bad, ACTION))).toEqual([
      '9: action.yml has no input "modell"',
      '7: the input "model" is not given',
      '10: action.yml has no output "folder"',
    ]);
  },
);

test('the inputs of other actions are not our matter', () => {
  expect(checkUses(workflow('- uses: actions/checkout@v6', '  with: { anything: 1 }'), ACTION)).toEqual([]);
});

test.each([
  ['a tag', 'actions/checkout@v6'],
  ['a commit without its version', `actions/checkout@${COMMIT}`],
  ['a short commit', `actions/checkout@${COMMIT.slice(0, 12)} # v6.1.0`],
  ['a branch that looks like a version', `actions/checkout@main # ${COMMIT}`],
])('an action pinned by %s is found', (_, uses) => {
  expect(checkPins(workflow(`- uses: ${uses}`)).map(({ line }) => line)).toEqual([6]);
  expect(checkPins(workflow('- name: x', `  uses: ${uses}`)).map(({ line }) => line)).toEqual([7]);
});

test('a gate that does not wait for a job is found', () => {
  const text = 'jobs:\n  a: {}\n  b: {}\n  gate:\n    needs: [a]\n';
  expect(said(checkGate({ file: 'x.yml', line: 1, text, kind: 'workflow' }))).toEqual([
    '4: gate does not wait for "b"',
  ]);
});

test('action.yml: an old Node, a misspelt key, a program that is not there, no description', async () => {
  const root = await mkdtemp(path.join(tmpdir(), 'action-'));
  try {
    const rows = ['name: x', 'description: y', 'inputs:', '  a:', '    required: true', 'runs:'];
    const bad = [...rows, '  using: node18', '  main: gone.js', '  pots: gone.js', ''].join('\n');
    const findings = await lintActionFile(bad, root);
    const about = (words: string) => findings.filter(({ message }) => message.includes(words)).map(({ line }) => line);
    expect(about("'node18'")).toEqual([7]);
    expect(about("'pots'")).toEqual([9]);
    expect(about('gone.js is not there')).toEqual([1]);
    expect(about('"a" has no description')).toEqual([1]);
  } finally {
    await rm(root, { recursive: true, force: true });
  }
});

test('examples are the yaml blocks with jobs, at their line', () => {
  const page = '# T\n\n```yaml\na: 1\n```\n\n```yaml\non: push\njobs: {}\n```\n\n```sh\njobs: no\n```\n';
  expect(findExamples('p.md', page)).toEqual([
    { file: 'p.md', line: 8, text: 'on: push\njobs: {}\n', kind: 'example' },
  ]);
});

test('the repository has workflows of both kinds to lint', () => {
  const kinds = readWorkflows(path.join(import.meta.dirname, '..')).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['workflow', 'example']));
});
