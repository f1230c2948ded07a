// One put to a host of bytes, and one more where the first may have failed by chance. Tells the pace what becomes of it.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpRequest, HttpResponse } from '../../core/http.ts';
import type { Transport } from '../../core/ports.ts';
import type { Put, UploadPace } from './upload-pace.ts';

/** Of the protocol between client and blob store; every put must name one. */
const API_VERSION = '2021-12-02';

export interface UploadSetting {
  readonly transport: Transport;
  /** Shared by all uploads of a run. */
  readonly pace: UploadPace;
}

export type PutRequest = Pick<HttpRequest, 'url' | 'headers' | 'body'>;

/** @param requestOf is called for each try
 * @param dueMs as in the pace
 * @returns how long the host took for its answer, from the last byte on
 * @throws CACHE_SAVE for a refusal; DISK_IO; the network codes; ABORTED */
export async function putTwice(
  requestOf: (put: Put) => PutRequest,
  { transport, pace, dueMs }: UploadSetting & { readonly dueMs?: number },
  signal: AbortSignal,
): Promise<number> {
  const once = async () => {
    const put = pace.begin(dueMs);
    try {
      const { url, headers, body } = requestOf(put);
      const request = { method: 'PUT', url, headers: { ...headers, 'x-ms-version': API_VERSION } } as const;
      const response = await transport.send(body === undefined ? request : { ...request, body }, signal);
      await response.discard();
      return { ...response, waitMs: put.answered() };
    } finally {
      put.end();
    }
  };
  // A connection that was kept too long breaks off, and a host may fail for a moment.
  const first = await once().catch((error) => (codeOf(error) === 'NETWORK' ? undefined : Promise.reject(error)));
  const last = first === undefined || first.status >= 500 ? await once() : first;
  if (last.status !== 201) throw failure(`an upload was refused (${refusalText(last)})`);
  return last.waitMs;
}

// Azure's own word for it is in a header; the text may quote the address.
function refusalText({ status, headers }: Pick<HttpResponse, 'status' | 'headers'>): string {
  const code = headers['x-ms-error-code'] ?? '';
  return /^\w{1,64}$/.test(code) ? `${status}, ${code}` : String(status);
}

/** A failure of the host, told by what it did. */
export function failure(message: string): ModelFetchError {
  return new ModelFetchError('CACHE_SAVE', message);
}

/** An address with more in its query. */
export function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const address = new URL(url);
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}
