// Where things go when the user does not say.

import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelRef } from '../../src/core/ref.ts';
import { readEnvironment, type Variables } from '../../src/host/environment.ts';
import { modelFolders, stateFolder, storePlaces } from '../../src/host/folders.ts';

const at = (variables: Variables) =>
  readEnvironment({ HOME: '/home/u', ...variables }, { platform: 'linux', cwd: '/job' });
const TERMINAL = at({});
const HOSTED = at({
  GITHUB_ACTIONS: 'true',
  RUNNER_TEMP: '/temp',
  RUNNER_TOOL_CACHE: '/tools',
});
const SELF_HOSTED = at({
  GITHUB_ACTIONS: 'true',
  RUNNER_TEMP: '/temp',
  RUNNER_TOOL_CACHE: '/tools',
  RUNNER_ENVIRONMENT: 'self-hosted',
});
const BARE = at({ GITHUB_ACTIONS: 'true', RUNNER_TEMP: '/temp', RUNNER_ENVIRONMENT: 'self-hosted' });

const TOOL = `/tools/model-fetch/1.0.0/${process.arch}`;
test.each([
  ['a terminal', undefined, TERMINAL, ['/home/u/.cache/model-fetch/store']],
  ['a hosted runner', undefined, HOSTED, ['/temp/model-fetch/store']],
  [
    'a self-hosted runner keeps it among its tools, if it may',
    undefined,
    SELF_HOSTED,
    [TOOL, '/temp/model-fetch/store'],
  ],
  ['a self-hosted runner without tools', undefined, BARE, ['/temp/model-fetch/store']],
  ['told, in a terminal', 'my/store', TERMINAL, ['/home/u/.cache/model-fetch/store']],
  ['told, relative', 'my/store', HOSTED, ['/temp/model-fetch/store']],
  ['told, absolute', '/mnt/store', SELF_HOSTED, ['/temp/model-fetch/store']],
])('the store: %s', (_, given, environment, folders) => {
  const { candidates, given: told } = storePlaces(given, environment);
  expect(told).toBe(given === undefined ? undefined : path.resolve('/job', given));
  expect(candidates.map((folder) => path.resolve(folder))).toEqual(folders.map((folder) => path.resolve(folder)));
});

test('stores among the tools of any runner are looked for', () => {
  expect(storePlaces(undefined, TERMINAL).tools).toBeUndefined();
  for (const environment of [HOSTED, SELF_HOSTED])
    for (const given of [undefined, 'mine'])
      expect(storePlaces(given, environment).tools).toEqual({ folder: '/tools', arch: process.arch });
});

test('state lies below the temporary folder', () => {
  expect(path.resolve(stateFolder('/temp'))).toBe(path.resolve('/temp/model-fetch/state'));
});

describe('models', () => {
  const model: ModelRef = { hub: 'modelscope', kind: 'model', repo: 'o/n' };
  const dataset: ModelRef = { ...model, kind: 'dataset', repo: 'o/d' };
  const bare: ModelRef = { ...model, repo: 'gpt2' };

  test.each<[string, string | undefined, typeof TERMINAL, ModelRef[], string, string[]]>([
    ['one, in a terminal', undefined, TERMINAL, [model], '/job/models/o/n', ['/job/models/o/n']],
    ['one, in a runner', undefined, HOSTED, [model], '/temp/model-fetch/models/o/n', ['/temp/model-fetch/models/o/n']],
    ['one, told', 'here', TERMINAL, [model], '/job/here', ['/job/here']],
    ['one, told in a runner', 'here', HOSTED, [model], '/job/here', ['/job/here']],
    ['one, told absolutely', '/abs', HOSTED, [dataset], '/abs', ['/abs']],
    ['a dataset', undefined, TERMINAL, [dataset], '/job/datasets/o/d', ['/job/datasets/o/d']],
    [
      'several',
      undefined,
      TERMINAL,
      [model, bare, dataset],
      '/job',
      ['/job/models/o/n', '/job/models/gpt2', '/job/datasets/o/d'],
    ],
    ['several, told', 'here', HOSTED, [model, dataset], '/job/here', ['/job/here/o/n', '/job/here/o/d']],
  ])('%s', (_, given, environment, refs, root, folders) => {
    const made = modelFolders(given, refs, environment);
    expect(path.resolve(made.root)).toBe(path.resolve(root));
    expect(refs.map((ref) => path.resolve(made.of(ref)))).toEqual(folders.map((folder) => path.resolve(folder)));
  });
});
