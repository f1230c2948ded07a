// The rows of the table where no answer is to blame: listings that lie, disks, processes, certificates. Each row has its test here,
// but for SIGKILL, which has a soak.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CODES, type ErrorCode, FAMILIES } from '../../src/core/errors.ts';
import { COMPILED } from '../compiled.ts';
import { CIRCUMSTANCES } from '../fakes/faults/circumstance.ts';
import { stallAfter } from '../fakes/faults.ts';
import { EMPTY, type FaultGround, HUB_NAMES, LARGE, openFaultGround, SMALL } from './fault-ground.ts';
import { look } from './look.ts';

const MIB = 1024 * 1024;
const SOURCE = path.join(import.meta.dirname, '..', '..', 'src', 'entry', 'cli.ts');
type Name = (typeof CIRCUMSTANCES)[number]['name'];

let ground: FaultGround;
let cwd: string;
const tested = new Set<string>(['SIGKILL in the middle of a file']);
beforeAll(async () => {
  ground = await openFaultGround();
});
beforeEach(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'circumstance-'));
});
afterEach(async () => {
  ground.fakes.reset();
  await rm(cwd, { recursive: true, force: true });
});
afterAll(async () => {
  await ground.close();
  expect(ground.failures()).toEqual([]);
});

/** The name of a row, and that it has a test. */
function row(name: Name): Name {
  tested.add(name);
  return name;
}
const expected = (name: Name) => CIRCUMSTANCES.find((one) => one.name === name)?.expect;

interface Ended {
  /** `recovers`, or the code on stderr. */
  readonly outcome: string;
  readonly exitCode: number | null;
}

/** The command from its sources, in a process of its own, below the working folder of the test. */
function start(
  model: string,
  setting: { node?: readonly string[]; env?: Record<string, string>; before?: string } = {},
) {
  const { node = [], env = {}, before } = setting;
  const args = [...node, SOURCE, 'download', model, '--store', 'store', '--path', 'model', '--retries', '1'];
  const command = [process.execPath, ...args].map((arg) => `'${arg}'`).join(' ');
  const child = spawn('bash', ['-c', `${before === undefined ? '' : `${before}; `}exec ${command}`], {
    cwd,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: cwd,
      MODELSCOPE_ENDPOINT: ground.fakes.modelscope.url,
      HF_ENDPOINT: ground.fakes.huggingface.url,
      ...COMPILED,
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return { child, ended: endOf(child) };
}

function endOf(child: ChildProcess): Promise<Ended> {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject).once('close', (exitCode) => {
      const code = /^([A-Z_]+): /m.exec(text)?.[1];
      resolve({ outcome: exitCode === 0 ? 'recovers' : (code ?? text), exitCode });
    });
  });
}

const places = () => ({ folder: path.join(cwd, 'model'), store: path.join(cwd, 'store') });
const exitCodeOf = (code: ErrorCode) => FAMILIES[CODES[code].family].exit;

/** What the row expects, and nothing wrong to be seen. */
async function expectEnd(name: Name, ended: Ended): Promise<void> {
  const expect_ = expected(name);
  expect(ended.outcome).toBe(expect_);
  if (expect_ !== 'recovers') expect(ended.exitCode).toBe(exitCodeOf(expect_ as ErrorCode));
  expect((await look(places())).wrongBlobs).toEqual([]);
}

/** Waits in the middle of the large file until what the test does is done. */
async function meanwhile<T>(work: () => Promise<T>): Promise<T> {
  const { faults } = ground.fakes;
  await expect.poll(() => faults.struck.length, { interval: 5, timeout: 10_000 }).toBeGreaterThan(0);
  try {
    return await work();
  } finally {
    faults.release();
  }
}

describe.each(HUB_NAMES)('%s', (hub) => {
  test(row('zero-byte file'), async () => {
    const seen = await ground.fetch(hub, EMPTY);
    expect(seen).toMatchObject({ outcome: expected('zero-byte file'), folder: await ground.truth(hub, EMPTY) });
  });

  const lies: readonly [Name, (sizeBytes: number) => object][] = [
    [row('listed size too small'), (sizeBytes) => ({ sizeBytes: sizeBytes - 1 })],
    [row('listed size too large'), (sizeBytes) => ({ sizeBytes: sizeBytes + 1 })],
    [row('listed digest wrong'), () => ({ sha256: '1'.repeat(64), gitSha1: '1'.repeat(40) })],
  ];
  test.each(lies.flatMap(([name, lie]) => [[name, LARGE, lie] as const, [name, SMALL, lie] as const]))(
    '%s: %s',
    async (name, file, lie) => {
      const repository = ground.fakes[hub].repository('o/model');
      const sizeBytes = repository.resolve(repository.defaultBranch)?.entries.get(file)?.body.sizeBytes ?? 0;
      repository.listed.push({ path: file, ...lie(sizeBytes) });
      try {
        const seen = await ground.fetch(hub, file);
        expect(seen).toMatchObject({ outcome: expected(name), folder: {}, wrongBlobs: [], leaks: [] });
      } finally {
        repository.listed.pop();
      }
    },
  );

  test(row('two processes on one blob'), async () => {
    const both = [start(`${hub}:o/model`), start(`${hub}:o/model`)];
    for (const { ended } of both) await expectEnd('two processes on one blob', await ended);
    expect((await look(places())).folder).toMatchObject(await ground.truth(hub, LARGE));
  });

  // Each look at the time of day is years away from the last.
  test(row('time of day jumps'), async () => {
    const shim = 'const now = Date.now; let n = 0; Date.now = () => now() + (n++ % 2 ? 1 : -1) * 3e11;';
    const node = ['--import', `data:text/javascript,${encodeURIComponent(shim).replaceAll("'", '%27')}`];
    await expectEnd('time of day jumps', await start(`${hub}:o/model`, { node }).ended);
    expect((await look(places())).folder).toMatchObject(await ground.truth(hub, LARGE));
  });

  test(row('store removed in the middle of a file'), async () => {
    // Every range, since what one connection does not bring another one does after a second.
    ground.fakes.faults.add(stallAfter(MIB), { path: LARGE, times: Number.POSITIVE_INFINITY });
    const { ended } = start(`${hub}:o/model`);
    // Whoever writes to it meanwhile makes new files in what is being removed.
    await meanwhile(async () => {
      await rm(path.join(cwd, 'store'), { recursive: true, maxRetries: 10 });
      ground.fakes.faults.clear();
    });
    await expectEnd('store removed in the middle of a file', await ended);
    expect((await look(places())).folder).toEqual({});
  });
});

describe.skipIf(process.platform === 'win32')('a disk', () => {
  test(row('limit on the size of a file'), async () => {
    // 8 MiB, in blocks of 1 KiB.
    await expectEnd('limit on the size of a file', await start('o/model', { before: 'ulimit -f 8192' }).ended);
    expect((await look(places())).folder).toEqual({});
  });

  // Only root may mount; elsewhere the row is left out.
  const canMount = process.platform === 'linux' && process.getuid?.() === 0;
  test.skipIf(!canMount)(row('disk full in the middle of a file'), async () => {
    const { store } = places();
    await mkdir(store);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', store]);
    try {
      ground.fakes.faults.add(stallAfter(MIB), { path: LARGE, times: Number.POSITIVE_INFINITY });
      const { ended } = start('o/model');
      const ballast = path.join(store, 'ballast');
      // There was room before the first byte, and somebody else takes it.
      await meanwhile(() =>
        expect(writeFile(ballast, Buffer.alloc(64 * MIB))).rejects.toMatchObject({ code: 'ENOSPC' }),
      );
      await expectEnd('disk full in the middle of a file', await ended);
    } finally {
      execFileSync('umount', ['-l', store]);
    }
  });
});

describe('TLS', () => {
  let front: Server;
  let endpoint: string;
  let certificate: string;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'circumstance-tls-'));
    certificate = path.join(folder, 'cert.pem');
    const key = path.join(folder, 'key.pem');
    const how = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost';
    const names = ['-addext', 'subjectAltName=DNS:localhost'];
    execFileSync('openssl', [...how.split(' '), ...names, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
    front = await startFront({ key: await readFile(key), cert: await readFile(certificate) });
    const address = front.address();
    endpoint = `https://localhost:${typeof address === 'object' ? address?.port : ''}`;
  });
  afterAll(async () => {
    await new Promise((resolve) => front.close(resolve));
    await rm(folder, { recursive: true, force: true });
  });

  /** The hub behind TLS; its CDN stays in the open, so that its redirects lead from https to http. */
  async function startFront(keys: { key: Buffer; cert: Buffer }): Promise<Server> {
    const server = createServer(keys, (socket) => {
      const inner = connect(ground.fakes.modelscope.server.port, '127.0.0.1');
      socket.pipe(inner).pipe(socket);
      // Either side may go first; the other one follows.
      socket.on('error', () => inner.destroy());
      inner.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return server;
  }

  test(row('redirect from https to http'), async () => {
    const env = { MODELSCOPE_ENDPOINT: endpoint, NODE_EXTRA_CA_CERTS: certificate };
    await expectEnd('redirect from https to http', await start('o/model', { env }).ended);
    expect(ground.fakes.modelscope.server.count('file')).toBeGreaterThan(0);
    expect(ground.fakes.cdn.server.count()).toBe(0);
    expect((await look(places())).folder).toEqual({});
  });

  test(row('certificate that nobody vouches for'), async () => {
    await expectEnd(
      'certificate that nobody vouches for',
      await start('o/model', { env: { MODELSCOPE_ENDPOINT: endpoint } }).ended,
    );
    expect(ground.fakes.modelscope.server.count()).toBe(0);
  });
});

test('each circumstance of the table has its test', () => {
  expect(CIRCUMSTANCES.map(({ name }) => name).filter((name) => !tested.has(name))).toEqual([]);
});
