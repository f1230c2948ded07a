// The lines of the cache client: failures are caught, its noise is dropped, everything else passes.

import { expect, test } from 'vitest';
import { createChatter } from '../../../src/host/cache/chatter.ts';
import { captureStdout } from '../captured.ts';

async function hear(work: () => unknown): Promise<{ log: string; failures: string[] }> {
  const failures: string[] = [];
  const chatter = createChatter((failure) => failures.push(failure));
  const log = await captureStdout(() => chatter.during(async () => work()));
  return { log, failures };
}
const say = (text: string | Uint8Array) => process.stdout.write(text);

test.each([
  ['::warning::Failed to restore: no service\n', 'no service'],
  ['::error::Failed to save: 503%0Aagain\r\n', '503 again'],
  ['::warning::Something else: 100%25\n', 'Something else: 100%'],
])('%j is a failure', async (line, failure) => {
  expect(await hear(() => say(line))).toEqual({ log: expect.stringMatching(/^\s*$/), failures: [failure] });
});

test.each([
  'Cache hit for: key\n',
  'Cache Size: ~1 MB (1000 B)\n',
  'Cache restored successfully\n',
  'Lookup only - skipping download\n',
  'Failed to save: Unable to reserve cache with key k, another job may be creating this cache.\n',
  'Sent 1 of 2 (50.0%), 1.0 MBs/sec\n',
  'Received 1 of 2 (50.0%), 1.0 MBs/sec\n',
  '[command]/usr/bin/tar -xf x\n',
])('%j is noise', async (line) => {
  const { log, failures } = await hear(() => say(line));
  expect([log.trim(), failures]).toEqual(['', []]);
});

test.each([
  'plain\n',
  '\n',
  '\n\n',
  'no line end',
  'a Cache hit in the middle\n',
  '::debug::x\n',
  '::warning title=model-fetch::ours\n',
  '::add-mask::x\n',
])('%j passes unchanged', async (text) => {
  expect(await hear(() => say(text))).toEqual({ log: text, failures: [] });
});

test('lines between lines pass, in order', async () => {
  const { log, failures } = await hear(() => say('one\n::warning::no\ntwo\nCache hit for: k\nthree\n'));
  expect([log, failures]).toEqual(['one\ntwo\nthree\n', ['no']]);
});

test('bytes pass as bytes', async () => {
  expect((await hear(() => say(new TextEncoder().encode('模\n')))).log).toBe('模\n');
});

test('a failure may be told on the same output', async () => {
  const chatter = createChatter((failure) => say(`::warning title=model-fetch::${failure}\n`));
  const log = await captureStdout(() => chatter.during(async () => say('::warning::no\n')));
  expect(log.trim()).toBe('::warning title=model-fetch::no');
});

test('afterwards nothing is caught, even when the work failed or overlapped', async () => {
  const failures: string[] = [];
  const chatter = createChatter((failure) => failures.push(failure));
  const log = await captureStdout(async () => {
    const gate = Promise.withResolvers<void>();
    const long = chatter.during(() => gate.promise);
    await chatter.during(async () => Promise.reject(new Error('no'))).catch(() => undefined);
    say('::warning::within\n');
    gate.resolve();
    await long;
    say('::warning::after\n');
  });
  expect(failures).toEqual(['within']);
  expect(log.trim()).toBe('::warning::after');
});
