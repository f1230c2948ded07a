// The program that gives the token: real processes, and what becomes of those that fail, talk too much or never end.

import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { holdToken } from '../../src/core/token/held.ts';
import { isFile } from '../../src/disk/is-file.ts';
import { type CommandGround, runTokenCommand } from '../../src/host/token-command.ts';
import { TOKENS } from '../fakes/access.ts';
import { type Fakes, startFakes } from '../fakes/index.ts';
import { openUpload } from '../flows/open-upload.ts';

const NEVER = new AbortController().signal;
const HERE: CommandGround = { variables: process.env, platform: process.platform, isFile };
const node = (code: string, ...args: string[]) => [process.execPath, '-e', code, ...args] as const;
const run = (code: string, ground: Partial<CommandGround> = {}, signal = NEVER) =>
  runTokenCommand(node(code), { ...HERE, ...ground }, signal);

describe('a program', () => {
  test('gives what it writes, without the blanks around it', async () => {
    expect(await run('console.log(" hf_token ")')).toBe('hf_token');
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

  test('does not end in time', async () => {
    await expect(run('setTimeout(() => {}, 60_000)', { limitMs: 100 })).rejects.toMatchObject({
      code: 'TOKEN_COMMAND',
    });
  });

  test('lies in the working folder alone, on Windows', async () => {
    const here = runTokenCommand(
      ['program'],
      { ...HERE, platform: 'win32', isFile: async (file) => file === 'program.exe' },
      NEVER,
    );
    await expect(here).rejects.toMatchObject({ code: 'TOKEN_COMMAND' });
  });

  test.each(['gcloud.cmd', 'C:\\tools\\get.BAT', 'get.cmd. '])('is a batch file on Windows: %s', async (program) => {
    const onWindows = runTokenCommand([program], { ...HERE, platform: 'win32' }, NEVER);
    await expect(onWindows).rejects.toMatchObject({ code: 'TOKEN_COMMAND', hint: expect.stringContaining('cmd.exe') });
  });
});

describe('what it starts itself', () => {
  /** A port that tells when a process came to it, and when that is gone. */
  async function openGate() {
    const [came, gone] = [Promise.withResolvers<Socket>(), Promise.withResolvers<void>()];
    const server = createServer((socket) => {
      socket.on('close', () => gone.resolve()).on('error', () => undefined);
      came.resolve(socket);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return { port, came: came.promise, gone: gone.promise, close: () => server.close() };
  }
  /** Starts a process that comes to the gate and stays, with the same output; then goes on with `next`. */
  const leaving = (port: number, next: string) => {
    const code = `require("node:net").connect(${port}, "127.0.0.1").on("error", () => process.exit())`;
    const options = '{ stdio: ["ignore", "inherit", "ignore"] }';
    return `const child = require("node:child_process").spawn(process.execPath, ["-e", ${JSON.stringify(code)}], ${options}); ${next}`;
  };

  test('and leaves behind keeps nobody waiting, though it holds on to the output', async () => {
    const gate = await openGate();
    const code = leaving(gate.port, 'child.unref(); child.once("spawn", () => console.log("hf_token"))');
    expect(await run(code)).toBe('hf_token');
    // It was left on purpose, and goes on.
    const socket = await gate.came;
    socket.write('x');
    expect(socket.readyState).toBe('open');
    socket.destroy();
    gate.close();
  });

  test('ends with it when it may not go on', async () => {
    const gate = await openGate();
    const stop = new AbortController();
    void gate.came.then(() => stop.abort());
    await expect(run(leaving(gate.port, ''), {}, stop.signal)).rejects.toMatchObject({ code: 'ABORTED' });
    await gate.gone;
    gate.close();
  });

  test.skipIf(process.platform === 'win32')(
    'ends by the system’s own program on Windows, wherever that lies',
    async () => {
      const root = await mkdtemp(path.join(tmpdir(), 'system-root-'));
      const told = path.join(root, 'told');
      const taskkill = `${root}\\System32\\taskkill.exe`;
      await writeFile(taskkill, `#!/bin/sh\necho "$@" > '${told}.tmp' && mv '${told}.tmp' '${told}'\n`);
      await chmod(taskkill, 0o755);
      const variables = { ...process.env, SystemRoot: root };
      const slow = run('setTimeout(() => {}, 60_000)', { platform: 'win32', variables, limitMs: 100 });
      await expect(slow).rejects.toMatchObject({ code: 'TOKEN_COMMAND' });
      await expect.poll(() => readFile(told, 'utf8').catch(() => '')).toMatch(/^\/pid \d+ \/t \/f\n$/);
      await rm(taskkill);
      await rm(root, { recursive: true });
    },
  );
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
