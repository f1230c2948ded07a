// A store of blobs that takes them by signed links only, whole or in parts, as S3 does it for Hugging Face. Credentials that reach
// it are a leak. Knows no repository (huggingface.md 5.4).

import { randomBytes, randomUUID } from 'node:crypto';
import type { Arrived, BlobName, Shelf } from './blob-shelf.ts';
import type { Leak } from './cdn.ts';
import { type Exchange, type FakeServer, Refusal, send, serve } from './server.ts';
import type { StepPlan } from './steps/plan.ts';

export interface LfsStorage {
  readonly url: string;
  readonly server: FakeServer;
  readonly leaks: readonly Leak[];
  /** A link that takes the blob whole. */
  offerWhole(name: BlobName, shelf: Shelf): string;
  /** Links that take its parts, in their order. */
  offerParts(name: BlobName, shelf: Shelf, partSizeBytes: number): PartsOffer;
  /** Makes a blob of its parts. @throws Refusal as S3 words it */
  complete(uploadId: string, oid: unknown, parts: unknown): Promise<void>;
  /** Every link made so far answers 403 from now on, and so do completions. */
  expireLinks(): void;
  close(): Promise<void>;
}

export interface PartsOffer {
  readonly uploadId: string;
  readonly links: readonly string[];
}

interface Upload {
  readonly name: BlobName;
  readonly shelf: Shelf;
  /** Absent for a blob that comes whole. */
  readonly parts?: Map<number, Arrived & { readonly etag: string }>;
  readonly partCount: number;
}

interface Link {
  readonly upload: Upload;
  readonly partNumber: number;
}

export async function startLfsStorage(steps: StepPlan): Promise<LfsStorage> {
  const links = new Map<string, Link>();
  const uploads = new Map<string, Upload>();
  const leaks: Leak[] = [];
  const server = await serve((exchange) => answer(exchange, { links, leaks, steps, expire }), { kind: 'blob' });
  function expire(): void {
    links.clear();
    uploads.clear();
  }
  const sign = (link: Link, query: Record<string, string> = {}) => {
    const signature = randomBytes(32).toString('hex');
    links.set(signature, link);
    const all = new URLSearchParams({ ...query, 'X-Amz-Expires': '86400', 'X-Amz-Signature': signature });
    return `${server.url}/hub-bucket/${link.upload.name.oid}?${all}`;
  };
  return {
    url: server.url,
    server,
    leaks,
    offerWhole: (name, shelf) => sign({ upload: { name, shelf, partCount: 1 }, partNumber: 0 }),
    offerParts(name, shelf, partSizeBytes) {
      const uploadId = randomUUID();
      const upload: Upload = { name, shelf, parts: new Map(), partCount: Math.ceil(name.sizeBytes / partSizeBytes) };
      uploads.set(uploadId, upload);
      const numbers = Array.from({ length: upload.partCount }, (_, index) => index + 1);
      const linkOf = (partNumber: number) => sign({ upload, partNumber }, { partNumber: String(partNumber), uploadId });
      return { uploadId, links: numbers.map(linkOf) };
    },
    async complete(uploadId, oid, parts) {
      const upload = uploads.get(uploadId);
      if (upload === undefined || upload.name.oid !== oid) throw storageError(404, 'NoSuchUpload');
      const arrived = checkParts(upload, parts);
      if (!(await upload.shelf.put(upload.name, arrived))) throw storageError(400, 'BadDigest');
      uploads.delete(uploadId);
    },
    expireLinks: expire,
    close: server.close,
  };
}

interface State {
  readonly links: ReadonlyMap<string, Link>;
  readonly leaks: Leak[];
  readonly steps: StepPlan;
  expire(): void;
}

async function answer(exchange: Exchange, { links, leaks, steps, expire }: State): Promise<void> {
  const { log } = exchange;
  const { authorization, cookie } = log.headers;
  const link = links.get(log.query.get('X-Amz-Signature') ?? '');
  const isPart = log.query.has('partNumber');
  const oid = log.path.split('/').at(-1) ?? '';
  log.step = isPart ? 'part' : 'put';
  log.subject = isPart ? `${oid}#${log.query.get('partNumber')}` : oid;
  const context = {
    hub: 'huggingface',
    step: log.step,
    subject: log.subject,
    token: undefined,
    repository: undefined,
    exchange,
    expireLinks: expire,
  } as const;
  await steps.run(context, async () => {
    if (authorization !== undefined || cookie !== undefined) {
      leaks.push({ path: log.path, authorization, cookie });
      throw storageError(400, 'InvalidArgument', 'Only one auth mechanism allowed');
    }
    if (log.method !== 'PUT') throw storageError(405, 'MethodNotAllowed');
    if (link === undefined) throw storageError(403, 'AccessDenied', 'Request has expired');
    await take(exchange, link);
  });
}

async function take(exchange: Exchange, { upload, partNumber }: Link): Promise<void> {
  const { log } = exchange;
  const { name, shelf, parts } = upload;
  if (log.headers['transfer-encoding'] !== undefined) throw storageError(501, 'NotImplemented', 'Transfer-Encoding');
  const arrived = await shelf.receive(name, exchange.incoming(), parts === undefined ? 'whole' : 'part');
  if (arrived.sizeBytes === 0) throw storageError(400, 'MissingRequestBodyError');
  const etag = `"${randomBytes(16).toString('hex')}"`;
  // A part that comes again takes the place of the first.
  if (parts !== undefined) parts.set(partNumber, { ...arrived, etag });
  else if (!(await shelf.put(name, [arrived]))) throw storageError(400, 'BadDigest');
  log.applied = true;
  await send(exchange, { status: 200, headers: { ETag: etag } });
}

// huggingface.md 5.4: every part once, in order, each with its ETag, quotes and all.
function checkParts({ parts = new Map(), partCount }: Upload, told: unknown): Arrived[] {
  if (!Array.isArray(told)) throw storageError(400, 'MalformedXML');
  const rows = told as { partNumber?: unknown; etag?: unknown }[];
  if (rows.some(({ partNumber }, index) => partNumber !== index + 1)) throw storageError(400, 'InvalidPartOrder');
  if (rows.length !== partCount) throw storageError(400, 'InvalidPart', 'Parts are missing');
  return rows.map(({ partNumber, etag }) => {
    const part = parts.get(Number(partNumber));
    if (part === undefined || part.etag !== etag) throw storageError(400, 'InvalidPart');
    return part;
  });
}

function storageError(status: number, code: string, message = code): Refusal {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return new Refusal({ status, headers: { 'Content-Type': 'application/xml' }, body });
}
