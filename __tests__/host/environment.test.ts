// The environment, read once.

import { describe, expect, test } from 'vitest';
import { readEnvironment, type Variables } from '../../src/host/environment.ts';

const read = (variables: Variables, platform: NodeJS.Platform = 'linux') =>
  readEnvironment(variables, { platform, cwd: '/job/here' });
const RUNNER = { GITHUB_ACTIONS: 'true', RUNNER_TEMP: '/runner/temp' };

describe('the runner', () => {
  test.each<[string, Variables, object | undefined]>([
    ['none', {}, undefined],
    [
      'hosted',
      { ...RUNNER, RUNNER_TOOL_CACHE: '/opt/tools', RUNNER_ENVIRONMENT: 'github-hosted' },
      {
        temp: '/runner/temp',
        toolCache: '/opt/tools',
        isSelfHosted: false,
      },
    ],
    [
      'self-hosted',
      { ...RUNNER, RUNNER_ENVIRONMENT: 'self-hosted' },
      {
        temp: '/runner/temp',
        toolCache: undefined,
        isSelfHosted: true,
      },
    ],
    ['no temporary folder', { GITHUB_ACTIONS: 'true' }, undefined],
    ['a temporary folder alone', { RUNNER_TEMP: '/t' }, undefined],
    ['a word that is not true', { ...RUNNER, GITHUB_ACTIONS: 'false' }, undefined],
  ])('%s', (_, variables, runner) => {
    expect(read(variables).runner).toEqual(runner);
  });
});

test.each<[string, NodeJS.Platform, Variables, string]>([
  ['linux', 'linux', { HOME: '/home/u' }, '/home/u/.cache'],
  ['linux, told', 'linux', { HOME: '/home/u', XDG_CACHE_HOME: '/c' }, '/c'],
  ['mac', 'darwin', { HOME: '/Users/u', XDG_CACHE_HOME: '/c' }, '/Users/u/Library/Caches'],
  [
    'windows',
    'win32',
    { LOCALAPPDATA: 'C:\\Users\\u\\AppData\\Local', USERPROFILE: 'C:\\Users\\u' },
    'C:\\Users\\u\\AppData\\Local',
  ],
  ['windows, bare', 'win32', { USERPROFILE: 'C:\\Users\\u' }, 'C:\\Users\\u\\AppData\\Local'],
])('the user’s cache: %s', (_, platform, variables, folder) => {
  expect(read(variables, platform).userCache).toBe(folder);
});

test('on Windows the user’s own folder is not the HOME of a shell', () => {
  const variables = { HOME: '/c/Users/u', USERPROFILE: 'C:\\Users\\u' };
  expect([read(variables, 'win32').home, read(variables).home]).toEqual(['C:\\Users\\u', '/c/Users/u']);
});

test('without a home there is still a folder', () => {
  expect(read({}).userCache).toMatch(/\.cache$/);
});

test.each<[string, Variables, object]>([
  ['none', {}, {}],
  ['blank', { HTTP_PROXY: ' ', https_proxy: '' }, {}],
  [
    'all',
    { HTTP_PROXY: 'http://p', HTTPS_PROXY: 'http://q', NO_PROXY: 'a,b' },
    { http: 'http://p', https: 'http://q', none: 'a,b' },
  ],
  ['the small form wins', { HTTP_PROXY: 'http://p', http_proxy: 'http://q' }, { http: 'http://q' }],
  ['an empty small form does not', { HTTP_PROXY: 'http://p', http_proxy: '' }, { http: 'http://p' }],
])('proxies: %s', (_, variables, proxy) => {
  expect(read(variables).proxy).toEqual(proxy);
});

test.each<[Variables, boolean]>([
  [{}, false],
  [{ CI: '' }, false],
  [{ CI: 'false' }, false],
  [{ CI: 'true' }, true],
  [{ CI: '1' }, true],
])('%j is CI: %s', (variables, isCi) => {
  expect(read(variables).isCi).toBe(isCi);
});

test('the working folder', () => {
  expect(read({}).workingFolder).toBe('/job/here');
  expect(read({ GITHUB_WORKSPACE: '/ws' }).workingFolder).toBe('/job/here');
});

test('the first variable that is set and not blank', () => {
  const { first } = read({ A: '  ', B: ' token\n', C: 'other' });
  expect(first(['A', 'B', 'C'])).toEqual({ name: 'B', value: 'token' });
  expect(first(['A', 'X'])).toBeUndefined();
  expect(first([])).toBeUndefined();
});

describe('the run that publishes', () => {
  const RUN = { GITHUB_ACTIONS: 'true', GITHUB_REPOSITORY: 'me/train', GITHUB_SHA: 'c0ffee', GITHUB_RUN_ID: '7' };

  test('a push of a tag names it', () => {
    const { origin } = read({ ...RUN, GITHUB_REF_TYPE: 'tag', GITHUB_REF_NAME: 'v1' });
    expect(origin).toEqual({
      repository: 'me/train',
      commit: 'c0ffee',
      url: 'https://github.com/me/train/actions/runs/7',
      tag: 'v1',
    });
  });
  test('a push of a branch names no tag', () => {
    expect(read({ ...RUN, GITHUB_REF_TYPE: 'branch', GITHUB_REF_NAME: 'v1' }).origin).not.toHaveProperty('tag');
  });
  test('nothing outside a workflow', () => {
    expect(read({ ...RUN, GITHUB_ACTIONS: undefined }).origin).toBeUndefined();
  });
});
