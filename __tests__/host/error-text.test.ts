// Errors as people read them.

import { expect, test } from 'vitest';
import { ModelFetchError } from '../../src/core/errors.ts';
import { errorText } from '../../src/host/error-text.ts';

test('code, message and hint', () => {
  expect(errorText(new ModelFetchError('NOT_FOUND', 'No o/n.', { hint: 'Look again.' }))).toBe(
    'NOT_FOUND: No o/n.\n  Look again.',
  );
  expect(errorText(new ModelFetchError('NOT_FOUND', 'No o/n.'))).toBe('NOT_FOUND: No o/n.');
});

test('lines of a list stay lines; what would act is shown', () => {
  expect(errorText(new ModelFetchError('BAD_OPTION', '2 problems:\n- a\u001b[2J\n- b'))).toBe(
    'BAD_OPTION: 2 problems:\n- a\\u001b[2J\n- b',
  );
});

test('a bug shows where it happened', () => {
  expect(errorText(new Error('bug'))).toMatch(/^Unexpected: Error: bug\n\s+at /);
  expect(errorText('text')).toBe('Unexpected: text');
});
