// What a run may do with the runner cache, and which of the two clients it gets.

import { afterEach, describe, expect, test, vi } from 'vitest';
import { createAllowance } from '../../../src/core/cache/allowance.ts';
import { cacheAccess } from '../../../src/host/cache/access.ts';
import { createRunnerCache } from '../../../src/host/cache/runner-cache.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { createTransport } from '../../../src/net/transport.ts';

afterEach(() => {
  vi.unstubAllEnvs();
});

type Choice = Parameters<typeof cacheAccess>[0];

test.each<[Choice, Record<string, string>, string]>([
  ['true', {}, 'read write'],
  ['read-only', {}, 'read'],
  ['false', {}, ''],
  ['true', { ACTIONS_CACHE_MODE: 'write' }, 'read write'],
  ['true', { ACTIONS_CACHE_MODE: 'something-new' }, 'read write'],
  ['true', { ACTIONS_CACHE_MODE: '' }, 'read write'],
  ['true', { ACTIONS_CACHE_MODE: ' Read ' }, 'read'],
  ['true', { ACTIONS_CACHE_MODE: 'write-only' }, 'write'],
  ['true', { ACTIONS_CACHE_MODE: 'NONE' }, ''],
  ['read-only', { ACTIONS_CACHE_MODE: 'write-only' }, ''],
  ['false', { ACTIONS_CACHE_MODE: 'write' }, ''],
  ...[
    'push',
    'pull_request',
    'schedule',
    'workflow_dispatch',
    'release',
    'merge_group',
    'repository_dispatch',
    'deployment',
    '',
  ].map((name) => ['true', { GITHUB_EVENT_NAME: name }, 'read write'] as ['true', Record<string, string>, string]),
  ...[
    'pull_request_target',
    'issue_comment',
    'issues',
    'workflow_run',
    'fork',
    'watch',
    'discussion',
    'commit_comment',
    'gollum',
    'check_suite',
    'pull_request_review_comment',
    'new',
  ].map((name) => ['true', { GITHUB_EVENT_NAME: name }, 'read'] as ['true', Record<string, string>, string]),
  ['true', { GITHUB_EVENT_NAME: 'issue_comment', ACTIONS_CACHE_MODE: 'write-only' }, ''],
])('cache %s with %j: %j', (cache, variables, can) => {
  const { read, write } = cacheAccess(cache, variables);
  expect([read ? 'read' : '', write ? 'write' : ''].filter(Boolean).join(' ')).toBe(can);
  expect(open({ ...SERVICE, ...variables }, cache)?.writable).toBe(can === '' ? undefined : write);
});

const SERVICE = {
  ACTIONS_CACHE_SERVICE_V2: 'true',
  ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/',
  ACTIONS_RUNTIME_TOKEN: 'token',
};

describe('which client', () => {
  test.each<[string, Record<string, string | undefined>, string | undefined]>([
    ['the second protocol', {}, 'entries'],
    ['github.com', { GITHUB_SERVER_URL: 'https://github.com' }, 'entries'],
    ['data residency', { GITHUB_SERVER_URL: 'https://octo.ghe.com' }, 'entries'],
    ['Enterprise Server', { GITHUB_SERVER_URL: 'https://git.example.com' }, 'archives'],
    ['a name that only begins alike', { GITHUB_SERVER_URL: 'https://github.com.example.com' }, 'archives'],
    ['the first protocol', { ACTIONS_CACHE_SERVICE_V2: undefined }, 'archives'],
    ['no token', { ACTIONS_RUNTIME_TOKEN: undefined }, 'archives'],
    ['no service at all', { ACTIONS_RESULTS_URL: undefined, ACTIONS_CACHE_SERVICE_V2: undefined }, undefined],
  ])('%s', (_, changes, kind) => {
    const variables = { ...SERVICE, ACTIONS_CACHE_URL: undefined, GITHUB_SERVER_URL: undefined, ...changes };
    // The official package asks the process itself.
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
    if (kind === 'archives') vi.stubEnv('ACTIONS_CACHE_URL', 'http://127.0.0.1:1/');
    expect(open(variables)?.kind).toBe(kind);
  });
});

function open(variables: Record<string, string | undefined>, cache: Choice = 'true') {
  const emit = () => undefined;
  const policy = { retries: 0, baseMs: 0, ceilingMs: 0, patienceMs: 0 };
  const transport = createTransport({ policy, clock: systemClock, emit, userAgent: 'test' });
  return createRunnerCache({ cache, variables, emit, clock: systemClock, transport, allowance: createAllowance() });
}
