// A machine of its own that publishes: real files, real store, real transport, against the fakes. Not a test.

import { createCipheriv, createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Event } from '../../src/core/events.ts';
import { parseOptions } from '../../src/core/options/parse.ts';
import type { RawOptions } from '../../src/core/options.ts';
import type { PushLimits } from '../../src/core/ports/push.ts';
import type { Clock, Hasher, Hub } from '../../src/core/ports.ts';
import type { ModelRef } from '../../src/core/ref.ts';
import type { RunOrigin } from '../../src/core/release/message.ts';
import { createRetryPolicy } from '../../src/core/retry.ts';
import { type TokenSource, tokenFiles } from '../../src/core/token.ts';
import { createHashPool } from '../../src/disk/hash/hash-pool.ts';
import { createLocalFiles } from '../../src/disk/local/files.ts';
import { type UploadOutcome, upload } from '../../src/flows/upload.ts';
import { systemClock } from '../../src/host/clock.ts';
import { pickSemver } from '../../src/host/semver-picker.ts';
import { findHub, HUBS } from '../../src/hubs/index.ts';
import { createTransport, type TransportSetting } from '../../src/net/transport.ts';
import { TOKENS } from '../fakes/access.ts';
import type { Fakes } from '../fakes/index.ts';

export type Content = string | Buffer;

export interface UploadGround {
  /** Everything of this machine. */
  readonly root: string;
  /** What is published. */
  readonly folder: string;
  readonly events: readonly Event[];
  /** Writes files below it. */
  write(files: Readonly<Record<string, Content>>): Promise<void>;
  /** Publishes `folder` to references such as `hf:o/n`. @param raw further options */
  publish(model: string, raw?: RawOptions, signal?: AbortSignal): Promise<UploadOutcome>;
  /** No request of this machine goes out any more, as if its process was gone. */
  vanish(): void;
  close(): Promise<void>;
}

export interface UploadGroundSetting {
  readonly clock?: Clock;
  readonly limits?: NonNullable<TransportSetting['limits']>;
  /** In place of the hub's own, so that a small release takes several commits. */
  readonly pushLimits?: Partial<PushLimits>;
  /** Three unless given. */
  readonly retries?: number;
  /** Asked for at each request; that of the writer unless given. */
  readonly tokens?: TokenSource;
  readonly origin?: RunOrigin;
  /** Not closed with the ground. */
  readonly hasher?: Hasher;
}

export function openHasher(): Hasher {
  const workerPath = path.join(import.meta.dirname, '..', '..', 'src', 'entry', 'hash-worker.ts');
  return createHashPool({ workerPath });
}

export async function openUpload(fakes: Fakes, setting: UploadGroundSetting = {}): Promise<UploadGround> {
  const root = await mkdtemp(path.join(tmpdir(), 'upload-'));
  const folder = path.join(root, 'work', 'model');
  await mkdir(folder, { recursive: true });
  const events: Event[] = [];
  const emit = (event: Event) => void events.push(event);
  const hasher = setting.hasher ?? openHasher();
  const { clock = { ...systemClock, sleep: async () => undefined }, retries = 3 } = setting;
  const { tokens = { current: async () => TOKENS.writer, renew: async () => undefined } } = setting;
  // Failures are tried again at once: the waits themselves are tested where they are computed.
  const policy = { ...createRetryPolicy(retries), baseMs: 0 };
  const transport = createTransport({
    policy,
    clock,
    emit,
    userAgent: 'test',
    limits: { silenceMs: 5000, ...setting.limits },
  });
  const hubOf = (ref: ModelRef) => {
    const fake = ref.hub === 'huggingface' ? fakes.huggingface : fakes.modelscope;
    const dependencies = { transport, pickVersion: pickSemver, emit };
    return withLimits(findHub(ref.hub).create({ endpoint: fake.url, tokens }, dependencies), setting.pushLimits);
  };
  return {
    root,
    folder,
    events,
    async write(files) {
      for (const [name, content] of Object.entries(files)) await writeInto(path.join(folder, name), content);
    },
    async publish(model, raw = {}, signal = new AbortController().signal) {
      const options = parseOptions({ path: 'model', ...raw, mode: 'upload', model }, HUBS);
      if (options.upload === undefined) throw new Error('the mode is upload');
      const files = createLocalFiles({
        workspace: path.join(root, 'work'),
        store: path.join(root, 'store'),
        hasher,
        secrets: tokenFiles(options.token),
        isReadOnly: options.dryRun,
        // Some time later, so that receipts bind.
        nowMs: () => Date.now() + 60_000,
      });
      const { origin } = setting;
      const deps = { hubOf, files, transport, clock, policy, emit, ...(origin === undefined ? {} : { origin }) };
      return upload({ ...options, upload: options.upload }, deps, signal);
    },
    vanish: () => void transport.close(),
    async close() {
      if (setting.hasher === undefined) await hasher.close();
      await transport.close();
      await rm(root, { recursive: true, force: true });
    },
  };
}

function withLimits(hub: Hub, limits: Partial<PushLimits> | undefined): Hub {
  const push: Hub['push'] = async (target, signal) => {
    const found = await hub.push?.(target, signal);
    if (found === undefined) throw new Error('the hub cannot be published to');
    return Object.create(found, { limits: { value: { ...found.limits, ...limits } } });
  };
  return limits === undefined ? hub : { ...hub, push };
}

async function writeInto(file: string, content: Content): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content);
}

/** Bytes that look like weights and are the same for the same seed. */
export function weights(seed: string, sizeBytes: number): Buffer {
  const header = Buffer.from(JSON.stringify({ w: { dtype: 'U8', shape: [sizeBytes], data_offsets: [0, sizeBytes] } }));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const key = createHash('sha256').update(seed).digest();
  const tensor = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
  return Buffer.concat([length, header, tensor]);
}

/** path → sha256, as `hashRepository` tells it. */
export function hashContents(files: Readonly<Record<string, Content>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([name, content]) => [name, createHash('sha256').update(content).digest('hex')]),
  );
}
