// The program that gives the token: real processes, and what becomes of those that fail, talk too much or never end.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { holdToken } from '../../src/core/token/held.ts';
import { type CommandGround, runTokenCommand } from '../../src/host/token-command.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { openUpload } from '../flows/open-upload.ts';

const NEVER = new AbortController().signal;
const HERE: CommandGround = { variables: process.env, platform: process.platform };
const node = (code: string, ...args: string[]) => [process.execPath, '-e', code, ...args] as const;
const run = (code: string, ground: Partial<CommandGround> = {}, signal = NEVER) =>
  runTokenCommand(node(code), { ...HERE, ...ground }, signal);

describe('a program', () => {
  test('gives what it writes, without the blanks around it', async () => {
    expect(await run('console.log(" hf_token ")')).toBe('hf_token');
  });

  test('may leave an agent running that holds on to its output', async () => {
    const agent = 'setTimeout(() => {}, 3000)';
    const code = `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(agent)}], { stdio: "inherit" });
      child.unref(); console.log("hf_token")`;
    expect(await run(code, { limitMs: 2000 })).toBe('hf_token');
  });

  test('is not looked for in the workspace on Windows', async () => {
    const name = 'NoDefaultCurrentDirectoryInExePath';
    onTestFinished(() => void delete process.env[name]);
    expect(await run(`console.log(process.env.${name})`, { platform: 'win32' })).toBe('1');
  });

  test('gets its arguments as they are, and nothing to read', async () => {
    const code =
      'process.stdin.on("end", () => console.log(Buffer.from(JSON.stringify(process.argv.slice(1))).toString("hex"))).resume()';
    const args = ['a b', '$HOME', '"; exit 1 #', '*', ''];
    const hex = await runTokenCommand(node(code, ...args), HERE, NEVER);
    expect(JSON.parse(Buffer.from(hex, 'hex').toString())).toEqual(args);
  });

  test('gets the environment, without what the runner gives to actions alone', async () => {
    const variables = {
      PATH: process.env['PATH'],
      VAULT_ADDR: 'v',
      ACTIONS_ID_TOKEN_REQUEST_URL: 'u',
      ACTIONS_RUNTIME_TOKEN: 'r',
      ACTIONS_RESULTS_URL: 'r',
      INPUT_TOKEN: 'i',
      STATE_save: 's',
    };
    const names = await run('console.log(Object.keys(process.env).join())', { variables });
    expect(names.split(',')).toEqual(expect.arrayContaining(['VAULT_ADDR', 'ACTIONS_ID_TOKEN_REQUEST_URL']));
    expect(names).not.toMatch(/INPUT_|STATE_|RUNTIME|RESULTS/);
  });
});

describe('ends with TOKEN_COMMAND, and shows nothing that it wrote, when it', () => {
  test.each([
    ['fails', 'console.log("tell-tale"); process.exitCode = 3'],
    ['talks of secrets while it fails', 'console.error("tell-tale"); process.exitCode = 1'],
    ['is killed', 'process.kill(process.pid, "SIGKILL")'],
    ['writes nothing', 'console.error("tell-tale")'],
    ['writes two words', 'console.log("tell-tale tell-tale")'],
    ['writes two lines', 'console.log("tell-tale\\ntell-tale")'],
    ['writes letters that no header can carry', 'console.log("tell-tale\\u00e9")'],
    ['never stops writing', 'for (;;) process.stdout.write("tell-tale".repeat(1e4))'],
  ])('%s', async (_, code) => {
    const error = await run(code).catch((failure: Error) => failure);
    expect(error).toMatchObject({ code: 'TOKEN_COMMAND', hint: expect.any(String) });
    expect(`${error} ${(error as { hint?: string }).hint} ${(error as Error).cause}`).not.toContain('tell-tale');
  });

  test('is not there', async () => {
    const line = ['no-such-program-at-all', 'tell-tale'] as const;
    const error = await runTokenCommand(line, HERE, NEVER).catch((failure: Error) => failure);
    expect(error).toMatchObject({ code: 'TOKEN_COMMAND' });
    expect(`${error}`).not.toContain('tell-tale');
  });

  test.skipIf(process.platform === 'win32')('cannot be started at all', async () => {
    const inFile = [path.join(process.execPath, 'program'), 'tell-tale'] as const;
    const tooLong = [process.execPath, 'tell-tale'.repeat(400_000)] as const;
    for (const line of [inFile, tooLong]) {
      const error = await runTokenCommand(line, HERE, NEVER).catch((failure: Error) => failure);
      expect(error).toMatchObject({ code: 'TOKEN_COMMAND' });
      expect(`${error}`).not.toContain('tell-tale');
    }
  });

  test('ends and leaves behind what holds on to its output', async () => {
    const grandchild = 'setTimeout(() => {}, 3000)';
    const code = `require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "inherit" })`;
    await expect(run(code, { limitMs: 300 })).rejects.toMatchObject({ code: 'TOKEN_COMMAND' });
  });

  test.each(['gcloud.cmd', 'C:\\tools\\get.BAT', 'get.cmd. '])('is a batch file on Windows: %s', async (program) => {
    const onWindows = runTokenCommand([program], { ...HERE, platform: 'win32' }, NEVER);
    await expect(onWindows).rejects.toMatchObject({ code: 'TOKEN_COMMAND', hint: expect.stringContaining('cmd.exe') });
  });
});

test('a cancelled run does not wait for it', async () => {
  const stop = new AbortController();
  const running = run('setTimeout(() => {}, 60_000)', {}, stop.signal);
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
  await expect(run('console.log("x")', {}, stop.signal)).rejects.toMatchObject({ code: 'ABORTED' });
});

describe('a release under its token', () => {
  let fakes: Fakes;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'token-command-'));
    fakes = await startFakes([{ id: 'o/n', commits: [{ files: { 'config.json': '{}' } }] }]);
  });
  afterAll(async () => {
    await fakes.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(['modelscope', 'huggingface'] as const)(
    'goes on with a new one when it ends on the way: %s',
    async (hub) => {
      const file = path.join(folder, `${hub}-token`);
      const count = path.join(folder, `${hub}-count`);
      await writeFile(file, TOKENS.writer);
      const code =
        'const fs = require("node:fs"); fs.appendFileSync(process.argv[2], "x"); process.stdout.write(fs.readFileSync(process.argv[1]))';
      const secrets: string[] = [];
      const ask = (signal: AbortSignal) => runTokenCommand(node(code, file, count), HERE, signal);
      const tokens = holdToken(
        ask,
        (event) => event.type === 'secret' && secrets.push(event.value),
        () => 0,
      );
      const ground = await openUpload(fakes, { tokens });
      await ground.write({ 'config.json': '{"new":true}', 'model.bin': 'weights' });
      fakes.steps.at('commit', 'before', async () => {
        await writeFile(file, 'second-token');
        fakes[hub].options.tokens = { ...TOKENS, writer: 'second-token' };
        return {
          status: 401,
          body: { Code: 401, Message: 'AccessToken error', Success: false, error: 'Invalid credentials' },
        };
      });
      const { failure } = await ground.publish(hub === 'huggingface' ? 'hf:o/n' : 'ms:o/n');
      await ground.close();
      expect(failure).toBeUndefined();
      expect(secrets).toEqual([TOKENS.writer, 'second-token']);
      expect(await readFile(count, 'utf8')).toBe('xx');
    },
  );

  test.skipIf(process.platform === 'win32')('starts a script by its own first line', async () => {
    const script = path.join(folder, 'get-token');
    await writeFile(script, `#!${process.execPath}\nconsole.log('from-a-script')\n`);
    await chmod(script, 0o755);
    expect(await runTokenCommand([script], HERE, NEVER)).toBe('from-a-script');
  });
});
