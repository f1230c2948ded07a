// The program that gives the token: how its line is read, and what is refused before anything runs.

import { describe, expect, test } from 'vitest';
import { parseOptions } from '../../../src/core/options/parse.ts';
import { commandText, parseCommand } from '../../../src/core/token/command.ts';
import { tokenWay } from '../../../src/core/token.ts';
import { HUBS } from '../../../src/hubs/index.ts';
import { thrown } from '../thrown.ts';

describe('is read from', () => {
  test.each([
    ['command: vault read -field=token hub', ['vault', 'read', '-field=token', 'hub']],
    ['command:pass hub', ['pass', 'hub']],
    ['Command:\t op   read\top://ci/hub/token \n', ['op', 'read', 'op://ci/hub/token']],
    ['command: C:\\tools\\vault.exe read', ['C:\\tools\\vault.exe', 'read']],
    [
      'command: ["C:\\\\Program Files\\\\op.exe", "read", "op://a b?c"]',
      ['C:\\Program Files\\op.exe', 'read', 'op://a b?c'],
    ],
    ['command: ["sh",\n  "-c",\n  "cat \\"$FILE\\" | tail -1"]', ['sh', '-c', 'cat "$FILE" | tail -1']],
    ['command: ["one", ""]', ['one', '']],
  ])('%j', (text, line) => {
    expect(tokenWay(text)).toEqual({ kind: 'command', line });
  });

  test('nothing else', () => {
    for (const text of ['hf_x', 'oidc', './command:x', 'file:command:x']) expect(commandText(text)).toBeUndefined();
  });
});

describe('is refused, without showing it', () => {
  test.each([
    'command:',
    'command: []',
    'command: [""]',
    'command: ["vault", 1]',
    'command: ["vault"',
    'command: {"program": "vault"}',
    'command: vault\nread',
    'command: vault read "my secret"',
    'command: cat $HOME/secret',
    'command: cat ~/secret',
    'command: cat secret | tail -1',
    'command: ["vault", "sec\\u0000ret"]',
  ])('%j', (text) => {
    const line = commandText(text) ?? '';
    const error = thrown(() => parseCommand(line));
    expect(error).toMatchObject({ code: 'BAD_OPTION' });
    expect(`${error}`).not.toMatch(/secret|vault/);
  });

  test('together with what else is wrong', () => {
    const read = () => parseOptions({ model: 'o/n', token: 'command: a | b', retries: 'many' }, HUBS);
    expect(read).toThrow(/2 problems:[\s\S]*`token`[\s\S]*`retries`/);
  });
});
