// A cache service in front of a real Azurite: the two calls that matter answered with signed addresses on the host name that the official
// client takes for Azure's, so that it goes its fastest way. Part of the benchmark only; Azurite is not a dependency.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import {
  BlobSASPermissions,
  BlobServiceClient,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';

const ACCOUNT = 'devstoreaccount1';
/** Azurite's own, which is public. */
const KEY = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const CONTAINER = 'cache';
const credential = new StorageSharedKeyCredential(ACCOUNT, KEY);

export interface CacheHost {
  /** What a runner sets for its steps. */
  readonly environment: Readonly<Record<string, string>>;
  readonly title: string;
  /** Bytes of all entries. */
  savedBytes(): number;
  close(): Promise<void>;
}

interface Entry {
  readonly name: string;
  readonly key: string;
  readonly version: string;
  sizeBytes: number | undefined;
}

/** @param program the `main.js` of Azurite's blob service
 * @param folder where it keeps its bytes */
export async function startAzurite(program: string, folder: string): Promise<CacheHost> {
  const port = await freePort();
  const args = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '-l', folder, '--silent'];
  const azurite = spawn(process.execPath, [program, ...args, '--skipApiVersionCheck', '--disableTelemetry'], {
    stdio: 'ignore',
  });
  await createContainer(port);
  const entries: Entry[] = [];
  const server = await listen(entries, port);
  return {
    title: 'Azurite, through a stand-in for the calls',
    environment: {
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RESULTS_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      ACTIONS_RUNTIME_TOKEN: 'runtime-token',
      NODE_OPTIONS: `--import ${path.join(import.meta.dirname, 'loopback-names.ts')}`,
    },
    savedBytes: () => entries.reduce((sum, { sizeBytes = 0 }) => sum + sizeBytes, 0),
    close: () => stop(azurite, server),
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function createContainer(port: number): Promise<void> {
  const client = new BlobServiceClient(`http://127.0.0.1:${port}/${ACCOUNT}`, credential, {
    retryOptions: { maxTries: 1 },
  });
  for (let attempt = 0; ; attempt += 1) {
    try {
      await client.getContainerClient(CONTAINER).createIfNotExists();
      return;
    } catch (error) {
      // It takes a moment to listen.
      if (attempt === 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function listen(entries: Entry[], port: number): Promise<Server> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const message = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, string>;
    const method = request.url?.split('/').at(-1) ?? '';
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(answer(method, message, { entries, port })));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

function answer(
  method: string,
  message: Record<string, string>,
  { entries, port }: { entries: Entry[]; port: number },
): object {
  const { key = '', version = '' } = message;
  const found = entries.find((entry) => entry.key === key && entry.version === version);
  if (method === 'GetCacheEntryDownloadURL') {
    if (found?.sizeBytes === undefined) return { ok: false };
    return { ok: true, signed_download_url: linkTo(found.name, port, 'r'), matched_key: key };
  }
  if (method === 'CreateCacheEntry') {
    if (found !== undefined) return { ok: false, message: 'already exists' };
    const entry: Entry = { name: `entry-${entries.length}`, key, version, sizeBytes: undefined };
    entries.push(entry);
    return { ok: true, signed_upload_url: linkTo(entry.name, port, 'cw') };
  }
  if (found !== undefined) found.sizeBytes = Number(message['size_bytes']);
  return { ok: found !== undefined, entry_id: '1' };
}

function linkTo(name: string, port: number, permissions: string): string {
  const expiresOn = new Date(Date.now() + 3_600_000);
  const sas = generateBlobSASQueryParameters(
    { containerName: CONTAINER, blobName: name, permissions: BlobSASPermissions.parse(permissions), expiresOn },
    credential,
  );
  return `http://${ACCOUNT}.blob.core.windows.net:${port}/${CONTAINER}/${name}?${sas}`;
}

async function stop(azurite: ChildProcess, server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const gone = once(azurite, 'exit');
  azurite.kill('SIGKILL');
  await gone;
}
