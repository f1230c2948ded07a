// Events as lines: few of them, honest about speed, and deaf to what strangers' names would like to say.

import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Event, Progress } from '../../src/core/events.ts';
import { createConsole, type Lines, progressLine } from '../../src/host/console.ts';
import { createTerminalLines } from '../../src/host/terminal.ts';

const MIB = 1024 * 1024;

function createTest() {
  const said: string[] = [];
  const clock = { ms: 0 };
  const say = (kind: string) => (text: string) => void said.push(`${kind} ${text}`);
  const lines: Lines = {
    info: say('info'),
    warn: say('warn'),
    section: say('section'),
    end: () => void said.push('end'),
    secret: say('secret'),
  };
  return { said, clock, lines, console: createConsole(lines, { nowMs: () => clock.ms }) };
}

function progress(changes: Partial<Progress>): Event {
  return {
    type: 'progress',
    doneBytes: 0,
    totalBytes: 1000 * MIB,
    doneFiles: 0,
    totalFiles: 10,
    sources: {},
    ...changes,
  };
}
const sent = (bytes: number, resumedBytes = 0) =>
  progress({ doneBytes: bytes + resumedBytes, sources: { hub: bytes } });

describe('lines', () => {
  test('one every few seconds, never one a chunk', () => {
    const { said, clock, console } = createTest();
    for (let step = 1; step <= 1000; step += 1) {
      clock.ms = step * 10;
      console.emit(sent(step * 1000));
    }
    expect(said).toHaveLength(3);
  });

  test('one at the end, and no second one', () => {
    const { said, clock, console } = createTest();
    clock.ms = 10;
    for (let round = 0; round < 5; round += 1) console.emit(progress({ doneFiles: 10, doneBytes: 1000 * MIB }));
    console.close();
    expect(said).toEqual([expect.stringContaining('100 %'), 'end']);
  });

  test('each kind of event goes to its place', () => {
    const { said, console } = createTest();
    console.emit({ type: 'phase', phase: 'transfer', subject: 'o/n' });
    console.emit({ type: 'notice', message: 'hello' });
    console.emit({ type: 'warning', message: 'careful' });
    console.emit({ type: 'secret', value: 'hunter2' });
    console.emit({ type: 'retry', subject: 'host', code: 'TIMEOUT', attempt: 2, waitMs: 1500 });
    console.emit({ type: 'retry', subject: 'host', code: 'LINK_EXPIRED', attempt: 1, waitMs: 0 });
    console.close();
    expect(said).toEqual([
      'section Fetch: o/n',
      'info hello',
      'warn careful',
      'secret hunter2',
      'info host: TIMEOUT, trying again in 1.5 s (2)',
      'info host: LINK_EXPIRED, trying again at once (1)',
      'end',
    ]);
  });

  test('a message of several lines is one line', () => {
    const { said, console } = createTest();
    console.emit({ type: 'warning', message: 'CACHE_SAVE: no\n  Try again.' });
    expect(said).toEqual(['warn CACHE_SAVE: no Try again.']);
  });

  test('untrusted names stay on their line, and cannot act', () => {
    const { said, console } = createTest();
    const evil = 'a\u001b[2J\r\n::error::x\u202e\u0007';
    console.emit({ type: 'phase', phase: 'scan', subject: evil });
    console.emit({ type: 'notice', message: evil });
    console.emit({ type: 'warning', message: evil });
    console.emit({ type: 'retry', subject: evil, code: 'SERVER', attempt: 1, waitMs: 0 });
    expect(said).toHaveLength(4);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    for (const line of said) expect(line).not.toMatch(/[\u0000-\u001f\u202e]/);
  });
});

describe('speed', () => {
  const speedOf = (line: string | undefined) => / · ([\d.]+ \w+)\/s · /.exec(line ?? '')?.[1];

  test('is that of the last seconds, so a stall is seen', () => {
    const { said, clock, console } = createTest();
    for (let second = 1; second <= 30; second += 1) {
      clock.ms = second * 1000;
      console.emit(sent(Math.min(second, 15) * 10 * MIB));
    }
    expect(speedOf(said[3])).toBe('10 MiB');
    expect(speedOf(said.at(-1))).toBe('0 B');
    expect(said.at(-1)).toContain('no speed yet');
  });

  test('counts what was sent, so a resumed file does not look fast', () => {
    const { said, clock, console } = createTest();
    clock.ms = 3000;
    console.emit(sent(3 * MIB, 900 * MIB));
    expect(speedOf(said[0])).toBe('1 MiB');
    expect(said[0]).toContain('90 %');
  });

  test('is none when bytes turn out to be worth nothing', () => {
    const { said, clock, console } = createTest();
    for (const [ms, bytes] of [
      [1000, 100 * MIB],
      [20_000, 100 * MIB],
      [24_000, 10 * MIB],
    ] as const) {
      clock.ms = ms;
      console.emit(sent(bytes));
    }
    expect(speedOf(said.at(-1))).toBe('0 B');
  });
});

test('a line of progress', () => {
  const line = progressLine(
    {
      doneBytes: 512 * MIB,
      totalBytes: 1024 * MIB,
      doneFiles: 3,
      totalFiles: 12,
      sources: { modelscope: 1, mirror: 2 },
    },
    64 * MIB,
  );
  expect(line).toBe('50 % · 512 MiB of 1 GiB · 64 MiB/s · 8.0 s left · 3 of 12 files · modelscope + mirror');
  expect(progressLine({ doneBytes: 0, totalBytes: 0, doneFiles: 0, totalFiles: 1, sources: {} }, 0)).toContain('100 %');
});

describe('a terminal', () => {
  const collect = () => {
    const stream = new PassThrough();
    return { stream, text: () => String(stream.read() ?? '') };
  };

  test('gets plain lines, and no secrets', () => {
    const { stream, text } = collect();
    const { emit, close } = createConsole(createTerminalLines(stream), { nowMs: () => 0 });
    emit({ type: 'phase', phase: 'resolve', subject: 'o/n' });
    emit({ type: 'notice', message: 'hello' });
    emit({ type: 'warning', message: 'careful' });
    emit({ type: 'secret', value: 'hunter2' });
    close();
    expect(text()).toBe('Resolve: o/n\n  hello\nwarning: careful\n');
  });

  test('a live bar writes to its stream, not to the lines, and ends', () => {
    const { stream, text } = collect();
    const { said, lines } = createTest();
    const live = createConsole(lines, { nowMs: () => 0, bar: stream });
    live.emit(sent(MIB));
    live.emit(progress({ doneFiles: 10, doneBytes: 1000 * MIB }));
    live.emit({ type: 'phase', phase: 'place', subject: 'o/n' });
    live.close();
    live.close();
    expect(said).toEqual(['section Place: o/n', 'end', 'end']);
    expect(text()).not.toBe('section');
  });
});
