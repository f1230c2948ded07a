// The table of codes, and what it decides.

import { expect, test } from 'vitest';
import {
  aborted,
  CODES,
  codeOf,
  type ErrorCode,
  exitCodeOf,
  FAMILIES,
  familyOf,
  ModelFetchError,
} from '../../src/core/errors.ts';

const ALL = Object.keys(CODES) as ErrorCode[];

test.each(ALL)('%s has a family, a meaning and an exit code', (code) => {
  const family = FAMILIES[familyOf(code)];
  expect(family.meaning).not.toBe('');
  expect(CODES[code].meaning).toMatch(/\.$/);
  expect(exitCodeOf(new ModelFetchError(code, 'x'))).toBe(family.exit);
  expect(codeOf(new ModelFetchError(code, 'x'))).toBe(code);
});

test('exit codes by family', () => {
  const exits = Object.fromEntries(Object.entries(FAMILIES).map(([name, { exit }]) => [name, exit]));
  expect(exits).toEqual({ usage: 2, hub: 3, network: 4, integrity: 5, disk: 6, cancelled: 130, cache: 0 });
});

test('no family is without a code', () => {
  expect(new Set(ALL.map(familyOf))).toEqual(new Set(Object.keys(FAMILIES)));
});

test.each([new Error('bug'), new TypeError('bug'), 'text', undefined, { code: 'NOT_FOUND' }])(
  'anything else is a bug: %s',
  (error) => {
    expect(exitCodeOf(error)).toBe(1);
    expect(codeOf(error)).toBeUndefined();
  },
);

test('an error carries what it was given', () => {
  const cause = new Error('below');
  const error = new ModelFetchError('SERVER', 'what', { hint: 'next', waitMs: 7, cause });
  expect(error).toMatchObject({
    name: 'ModelFetchError',
    code: 'SERVER',
    message: 'what',
    hint: 'next',
    waitMs: 7,
    cause,
  });
  expect('cause' in new ModelFetchError('SERVER', 'what')).toBe(false);
});

test('a cancelled run', () => {
  expect(codeOf(aborted())).toBe('ABORTED');
  expect(exitCodeOf(aborted())).toBe(130);
});
