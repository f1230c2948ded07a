// The command line: flags become the same raw options that inputs become; mistakes end with 2.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { BUILT_MODES, modesOf, OPTION_NAMES, type RawOptions } from '../../src/core/options.ts';
import { createCommand } from '../../src/host/command.ts';

async function read(...args: string[]): Promise<{ raw: RawOptions; json: boolean } | undefined> {
  let given: { raw: RawOptions; json: boolean } | undefined;
  const run = async (raw: RawOptions, json: boolean) => {
    given = { raw, json };
  };
  await createCommand({ version: '0.0.0', run, runStore: async () => undefined }).parseAsync([
    'node',
    'model-fetch',
    ...args,
  ]);
  return given;
}

describe('arguments', () => {
  test.each<[string, string[], RawOptions]>([
    ['a reference', ['download', 'o/n'], { mode: 'download', model: 'o/n' }],
    ['several', ['download', 'o/n', 'hf:gpt2'], { mode: 'download', model: 'o/n\nhf:gpt2' }],
    ['by flag', ['download', '--model', 'o/n', '--model', 'o/m'], { mode: 'download', model: 'o/n\no/m' }],
    ['both', ['download', 'o/n', '--model=o/m'], { mode: 'download', model: 'o/n\no/m' }],
    ['none', ['download'], { mode: 'download', model: '' }],
    ['a mode that is not built', ['mirror', 'o/n'], { mode: 'mirror', model: 'o/n' }],
    [
      'publishing',
      ['upload', 'o/n', '--tag', 'v1', '--delete', '*.bin'],
      { mode: 'upload', model: 'o/n', tag: 'v1', delete: '*.bin' },
    ],
    [
      'lists are repeatable',
      ['download', '--include', '*.json', '--include', '*.txt', '--exclude', '!a b', 'o/n'],
      { mode: 'download', model: 'o/n', include: '*.json\n*.txt', exclude: '!a b' },
    ],
    [
      'every other flag',
      [
        'download',
        'o/n',
        ...['--path', 'p', '--revision', '^1', '--token', 't', '--endpoint', 'e', '--cache', 'false', '--store', 's'],
        ...['--connections', '4', '--retries', '0', '--dry-run', '--verify', 'full'],
      ],
      {
        mode: 'download',
        model: 'o/n',
        path: 'p',
        revision: '^1',
        token: 't',
        endpoint: 'e',
        cache: 'false',
        store: 's',
        connections: '4',
        retries: '0',
        'dry-run': 'true',
        verify: 'full',
      },
    ],
    ['after two dashes all are references', ['download', '--', '--model'], { mode: 'download', model: '--model' }],
  ])('%s', async (_, args, raw) => {
    expect(await read(...args)).toEqual({ raw, json: false });
  });

  test('JSON is asked for by a flag of its own', async () => {
    expect(await read('download', 'o/n', '--json')).toMatchObject({ json: true });
  });

  test.each(BUILT_MODES)('every option that %s knows has a flag', (mode) => {
    const { commands } = createCommand({
      version: '0.0.0',
      run: async () => undefined,
      runStore: async () => undefined,
    });
    const flags = commands.find((command) => command.name() === mode)?.options.map((option) => option.long);
    const known = OPTION_NAMES.filter((name) => name !== 'mode' && modesOf(name).includes(mode));
    expect(flags).toEqual(['--json', ...known.map((name) => `--${name}`)]);
  });
});

describe('what can be done to a store', () => {
  async function readStore(...args: string[]): Promise<unknown[]> {
    const given: unknown[] = [];
    const runStore = async (...told: unknown[]) => void given.push(...told);
    const setting = { version: '0.0.0', run: async () => undefined, runStore };
    await createCommand(setting).parseAsync(['node', 'model-fetch', 'store', ...args]);
    return given;
  }

  test.each<[string[], unknown[]]>([
    [['ls'], ['ls', {}, false]],
    [
      ['ls', '--store', 's', '--json'],
      ['ls', { store: 's' }, true],
    ],
    [
      ['gc', '--store-limit', '20%', '--lock', 'model.lock', '--dry-run'],
      ['gc', { 'store-limit': '20%', lock: 'model.lock', 'dry-run': 'true' }, false],
    ],
    [
      ['verify', '--dry-run'],
      ['verify', { 'dry-run': 'true' }, false],
    ],
  ])('%j', async (args, given) => {
    expect(await readStore(...args)).toEqual(given);
  });
});

describe('the program', () => {
  const PROGRAM = fileURLToPath(new URL('../../src/entry/cli.ts', import.meta.url));
  const start = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile(
        process.execPath,
        [PROGRAM, ...args],
        { env: { SystemRoot: process.env['SystemRoot'] } },
        (error, stdout, stderr) => {
          resolve({ code: Number(error?.code ?? 0), stdout, stderr });
        },
      );
    });

  test.each<[string, string[]]>([
    ['an unknown flag', ['download', 'o/n', '--nonsense']],
    ['an unknown mode', ['fetch', 'o/n']],
    ['a limit that is none', ['store', 'gc', '--store-limit', 'much']],
    ['a flag of another command', ['store', 'ls', '--dry-run']],
    ['nothing to do', ['store', 'mend']],
    ['a flag without its value', ['download', 'o/n', '--path']],
    ['a wrong value', ['download', 'o/n', '--connections', '0']],
    ['no model', ['download']],
    ['a mode that is not built', ['mirror', 'o/n']],
  ])('%s ends with 2, and says why on stderr', async (_, args) => {
    const { code, stdout, stderr } = await start(...args);
    expect(code).toBe(2);
    expect(stderr).not.toBe('');
    expect(stdout).toBe('');
  });

  test('help and version are no mistakes', async () => {
    const [help, version] = await Promise.all([start('download', '--help'), start('--version')]);
    expect([help.code, version.code]).toEqual([0, 0]);
    expect(help.stdout).toContain('--dry-run');
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
