// What is written to the log of a step: our commands, and never a stranger's.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ModelFetchError } from '../../src/core/errors.ts';
import { OPTION_NAMES } from '../../src/core/options.ts';
import {
  createActionLines,
  fail,
  mask,
  readInputs,
  readState,
  saveState,
  writeSummary,
} from '../../src/host/actions.ts';
import { createConsole } from '../../src/host/console.ts';
import { captureStdout, commandsIn } from './captured.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});

const HOSTILE = [
  '::error::x',
  ' ::error::x',
  '\t::add-mask::a',
  '\u00a0::error::x',
  ':::error::x',
  '##[error]x',
  'a ##[group]b',
  '##[##[error]x',
  'fine\n::error::x',
  'fine\r::error::x',
  'fine\r\n##[error]x',
  'fine%0A::error::x',
];

describe('a stranger’s text is no command', () => {
  test.each(HOSTILE)('as a line: %j', async (text) => {
    const console = createConsole(createActionLines(), { nowMs: () => 0 });
    const log = await captureStdout(() => console.emit({ type: 'notice', message: text }));
    expect(commandsIn(log)).toEqual([]);
    expect(log.trim()).not.toBe('');
  });

  test.each(HOSTILE)('as a warning: %j', async (text) => {
    const console = createConsole(createActionLines(), { nowMs: () => 0 });
    const log = await captureStdout(() => console.emit({ type: 'warning', message: text }));
    expect(commandsIn(log)).toHaveLength(1);
    expect(log).toMatch(/^::warning title=model-fetch::/);
  });

  test.each(HOSTILE)('as a section: %j', async (text) => {
    const console = createConsole(createActionLines(), { nowMs: () => 0 });
    const log = await captureStdout(() => console.emit({ type: 'phase', phase: 'scan', subject: text }));
    expect(commandsIn(log)).toHaveLength(1);
    expect(log).toMatch(/^::group::/);
  });

  test.each(HOSTILE)('as the error that ends the step: %j', async (text) => {
    const log = await captureStdout(() => fail(new ModelFetchError('NOT_FOUND', text, { hint: text })));
    expect(commandsIn(log)).toHaveLength(1);
    expect(log).toMatch(/^::error title=NOT_FOUND::/);
  });
});

test('plain lines are as they were', async () => {
  const lines = createActionLines();
  const log = await captureStdout(() => ['a: b', 'x::y', '# [z]', ''].map(lines.info));
  expect(log.split(/\r?\n/)).toEqual(['a: b', 'x::y', '# [z]', '', '']);
});

test('sections are groups, each closed once', async () => {
  const lines = createActionLines();
  const log = await captureStdout(() => {
    lines.end();
    lines.section('one');
    lines.section('two');
    lines.end();
    lines.end();
  });
  expect(commandsIn(log)).toEqual(['::group::one', '::endgroup::', '::group::two', '::endgroup::']);
});

test('secrets are masked, blanks never', async () => {
  const lines = createActionLines();
  const log = await captureStdout(() => {
    lines.secret('hunter2');
    mask('');
    mask(' \n');
  });
  expect(commandsIn(log)).toEqual(['::add-mask::hunter2']);
});

test.each([
  [new ModelFetchError('BAD_REF', 'x'), 2],
  [new ModelFetchError('ABORTED', 'x'), 130],
  [new Error('bug'), 1],
  ['text', 1],
])('a step that fails with %s ends with %d', async (error, exitCode) => {
  await captureStdout(() => fail(error));
  expect(process.exitCode).toBe(exitCode);
});

test('inputs are read by the names of the table, untrimmed', () => {
  vi.stubEnv('INPUT_MODEL', 'o/n\n# x\n');
  vi.stubEnv('INPUT_DRY-RUN', 'true');
  const inputs = readInputs();
  expect(Object.keys(inputs)).toEqual(OPTION_NAMES);
  expect(inputs).toMatchObject({ model: 'o/n\n# x\n', 'dry-run': 'true', token: '' });
});

describe('files of the runner', () => {
  async function within(work: (file: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'model-fetch-actions-'));
    const file = join(folder, 'file');
    await writeFile(file, '');
    try {
      await work(file);
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  test('the summary is written where the runner wants it, and nowhere else', async () => {
    await within(async (file) => {
      vi.stubEnv('GITHUB_STEP_SUMMARY', undefined);
      await writeSummary('lost');
      vi.stubEnv('GITHUB_STEP_SUMMARY', file);
      await writeSummary('### kept');
      expect((await readFile(file, 'utf8')).trim()).toBe('### kept');
    });
  });

  test('state is saved for the post step, and read back there', async () => {
    await within(async (file) => {
      vi.stubEnv('GITHUB_STATE', file);
      saveState({ file: '/temp/state.json', seal: 'abc' });
      const saved = await readFile(file, 'utf8');
      expect(saved).toMatch(/^save<<(.*)\r?\n\/temp\/state\.json\r?\n\1\r?\nseal<<(.*)\r?\nabc\r?\n\2\r?\n$/);
      expect(readState()).toBeUndefined();
      vi.stubEnv('STATE_save', '/temp/state.json');
      vi.stubEnv('STATE_seal', 'abc');
      expect(readState()).toEqual({ file: '/temp/state.json', seal: 'abc' });
    });
  });
});
