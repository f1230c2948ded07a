// Where a program lies that is named without a folder: on Windows never in the working folder, where the system would look first.

import path from 'node:path';
import { expect, test } from 'vitest';
import { findProgram } from '../../src/host/find-program.ts';

/** What lies on the machine; a name without a folder lies in the working folder. */
const FILES = [
  'vault.exe',
  'bin\\vault.exe',
  'C:\\tools\\vault.exe',
  'C:\\more\\VAULT.EXE',
  'C:\\more\\op.com',
  'C:\\more\\script.cmd',
  'C:\\more\\plain',
  'C:\\Program Files\\gh\\gh.exe',
];
const PATH = '.;;bin;C:\\tools;"C:\\Program Files\\gh"; C:\\more ';
const find = (
  program: string,
  variables: Record<string, string> = { Path: PATH },
  platform: NodeJS.Platform = 'win32',
) => findProgram(program, { variables, platform, isFile: async (file) => FILES.includes(path.win32.normalize(file)) });

test.each([
  ['vault', 'C:\\tools\\vault.exe'],
  ['vault.exe', 'C:\\tools\\vault.exe'],
  ['gh', 'C:\\Program Files\\gh\\gh.exe'],
  ['op', 'C:\\more\\op.com'],
])('%s is found in a folder of PATH', async (program, file) => {
  expect(await find(program)).toBe(file);
});

test.each([
  ['nothing has it', 'no-such-program', { Path: PATH }],
  ['only the working folder has it', 'vault', { Path: 'C:\\more\\none;.;;bin;.\\bin;C:bin' }],
  ['there is no PATH', 'vault', {}],
  ['it is no program that starts without a shell', 'script', { Path: PATH }],
  ['it has no ending', 'plain', { Path: PATH }],
])('none is found when %s', async (_, program, variables) => {
  expect(await find(program, variables as Record<string, string>)).toBeUndefined();
});

test('PATH is PATH in capitals, too', async () => {
  expect(await find('vault', { PATH })).toBe('C:\\tools\\vault.exe');
});

test.each(['.\\vault.exe', 'bin/vault', 'C:\\tools\\vault.exe', 'C:vault.exe'])(
  '%s says itself where it is',
  async (program) => {
    expect(await find(program)).toBe(program);
  },
);

test('other systems look into PATH alone by themselves', async () => {
  expect(await find('vault', {}, 'linux')).toBe('vault');
});
