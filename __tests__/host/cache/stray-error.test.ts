// Errors that the archive package throws where nobody can catch them.

import { expect, test } from 'vitest';
import { onStray } from '../../../src/host/cache/stray-error.ts';

const STRAY = new Error('Cache upload failed because file read failed with EBADF: bad file descriptor, read');

test('are told while somebody listens, end nothing afterwards, and no other error is kept from ending the process', () => {
  const before = process.listeners('uncaughtException');
  const told: Error[] = [];
  const release = onStray((error) => told.push(error));
  onStray(() => undefined)();
  const [listen, ...others] = process.listeners('uncaughtException').filter((one) => !before.includes(one));
  expect(others).toEqual([]);
  if (listen === undefined) throw new Error('nobody listens');
  listen(STRAY, 'uncaughtException');
  release();
  listen(STRAY, 'uncaughtException');
  expect(told).toEqual([STRAY]);
  expect(() => listen(new Error('a bug'), 'uncaughtException')).toThrow('a bug');
  // Whatever may be thrown is passed on as it is.
  let passed: unknown = 'nothing';
  try {
    listen(null as never, 'uncaughtException');
  } catch (error) {
    passed = error;
  }
  expect(passed).toBeNull();
  process.off('uncaughtException', listen);
});
