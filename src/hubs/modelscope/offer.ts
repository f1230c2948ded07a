// How files are to travel to ModelScope: small ones inside the commit, the others to its blob store, each in one piece.

import { hexOf } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import type { Credential, HttpText } from '../../core/http.ts';
import type { LocalFile, Receipt, SendPart, SendTicket, Ticket } from '../../core/ports/push.ts';
import type { FailedAnswer } from '../../core/ports.ts';
import type { ModelRef } from '../../core/ref.ts';
import { believe, foreignAnswer, type Question } from '../border.ts';
import { lfsObject, lfsObjects, lfsWant } from '../lfs.ts';
import { storageUrl } from '../storage.ts';
import type { ModelscopeApi } from './api.ts';
import { modelscopeChangeRefusal, modelscopeWriteRefusal } from './push-wire.ts';
import { readEnvelope, succeeded } from './wire.ts';

/** Of one question; both official clients’ number (modelscope.md 5.4). */
export const MODELSCOPE_BATCH = 64;
/** A larger file goes to the blob store whatever its name (modelscope.md 5.3). */
export const INLINE_BYTES = 1024 * 1024;

const BLOBS = {
  model:
    '7z arrow bin bz2 ckpt ftz gz h5 joblib mlmodel model msgpack npy npz onnx ot parquet pb pickle pkl pt pth rar safetensors ' +
    'tar tflite tgz wasm xz zip zst',
  dataset:
    '7z aac arrow audio bmp bin bz2 flac ftz gif gz h5 jack jpeg jpg png jsonl joblib lz4 msgpack npy npz ot parquet pb pickle ' +
    'pcm pkl raw rar sam tar tgz wasm wav webm webp zip zst tiff mp3 mp4 ogg',
};

/** Whether a file goes to the blob store (modelscope.md 5.3). An empty one never does: there is nothing to send. */
export function isBlob({ path, sizeBytes }: Pick<LocalFile, 'path' | 'sizeBytes'>, kind: ModelRef['kind']): boolean {
  if (sizeBytes === 0) return false;
  const suffix = /\.([a-z0-9]+)$/.exec(path.toLowerCase())?.[1] ?? '';
  return sizeBytes > INLINE_BYTES || BLOBS[kind].split(' ').includes(suffix);
}

/** `{endpoint}/api/v1/repos/models/owner/name…`: not the address that is read from (modelscope.md 1.1). */
export function reposUrl({ endpoint }: ModelscopeApi, ref: ModelRef, route: string): string {
  return `${endpoint}/api/v1/repos/${ref.kind}s/${ref.repo}${route}`;
}

/** Tickets for at most MODELSCOPE_BATCH files, in their order. */
export async function offerModelscope(
  api: ModelscopeApi,
  ref: ModelRef,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<Ticket[]> {
  const blobs = files.filter((file) => isBlob(file, ref.kind));
  if (blobs.length === 0) return files.map((file) => ({ kind: 'inline', file }));
  const question = api.question('the release');
  const objects = [...new Map(blobs.map((file) => [hexOf(file.digests.sha256), lfsObject(file)])).values()];
  const answer = await askBatch(api, ref, { objects, question }, signal);
  const envelope = readEnvelope(answer.text);
  if (envelope === undefined || !succeeded(answer.status, envelope)) throw foreignAnswer(answer, question);
  const data = believe(lfsObjects, envelope.Data, question);
  const credential = await api.keys.current(signal);
  return files.map((file) => {
    if (!isBlob(file, ref.kind)) return { kind: 'inline', file };
    const { upload } = lfsWant(data, file, { question, isOmittedKnown: true });
    return upload === undefined ? { kind: 'have', file } : toTicket(file, { href: upload.href, credential, question });
  });
}

function askBatch(
  api: ModelscopeApi,
  ref: ModelRef,
  { objects, question }: { objects: readonly object[]; question: Question },
  signal: AbortSignal,
): Promise<HttpText> {
  const request = {
    method: 'POST',
    url: reposUrl(api, ref, '/info/lfs/objects/batch'),
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ operation: 'upload', objects }),
  } as const;
  return api.tell({ request, judge: (answer) => modelscopeWriteRefusal(answer, question) }, signal);
}

interface Place {
  readonly href: string;
  readonly credential: Credential | undefined;
  readonly question: Question;
}

function toTicket(file: LocalFile, { href, credential, question }: Place): SendTicket {
  const url = storageUrl(href, question);
  const origin = trustedOrigin(url, question.endpoint);
  const request = {
    method: 'PUT',
    url,
    headers: { 'content-type': 'application/octet-stream' },
    ...(credential === undefined || origin === undefined ? {} : { credential: { ...credential, origin } }),
  } as const;
  return {
    kind: 'send',
    file,
    upload: url,
    parts: [{ index: 0, range: { start: 0, end: file.sizeBytes }, request }],
    closing: {},
  };
}

/** The origin of a blob’s address when it may have the token: the endpoint’s own, or its sibling for large files, which wants it
 * (modelscope.md 1.3, 5.5). */
export function trustedOrigin(address: string, endpoint: string): string | undefined {
  const url = new URL(address);
  const own = new URL(endpoint);
  if (url.origin === own.origin) return url.origin;
  const bare = own.host.replace(/^www\./, '');
  const isSibling = url.host === `lfs.${bare}` || url.host === `pre-lfs.${bare}`;
  return isSibling && url.protocol === own.protocol ? url.origin : undefined;
}

/** The blob store’s answer. A refused token is another matter once there is a newer one. @throws as Push.receive */
export async function receiveModelscope(
  api: ModelscopeApi,
  { ticket, part, answer }: { ticket: SendTicket; part: SendPart; answer: FailedAnswer },
  signal: AbortSignal,
): Promise<Receipt> {
  const question = api.question(`"${ticket.file.path}"`);
  const refusal = modelscopeChangeRefusal(answer, question);
  if (refusal === undefined) return { upload: ticket.upload, index: part.index, etag: '' };
  if (refusal.code !== 'FORBIDDEN' && refusal.code !== 'AUTH_REQUIRED') throw refusal;
  const { credential } = part.request;
  if (credential === undefined) throw untrusted(part, question, refusal);
  if (!(await api.keys.renew(credential, signal))) throw refusal;
  throw new ModelFetchError('LINK_EXPIRED', `The token for ${question.subject} ended on the way.`, { cause: refusal });
}

function untrusted({ request }: SendPart, { endpoint, subject }: Question, cause: ModelFetchError): ModelFetchError {
  const host = new URL(request.url).host;
  return new ModelFetchError('FORBIDDEN', `${host} wants the token for ${subject}, and is not part of ${endpoint}.`, {
    hint: 'The token goes to the endpoint and its `lfs.` sibling only: give the hub’s own address as `endpoint`.',
    cause,
  });
}
