// A client for the upload tests of the fakes that keeps to the letter of the protocols and adds nothing. Not a test.

import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { TOKENS } from './access.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown;
}

export interface Call {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Bytes;
}

/** What came back, whatever the status; fails when the connection breaks. */
export async function call(url: string, { method = 'GET', token, headers = {}, body }: Call = {}): Promise<Reply> {
  const own = token === undefined ? {} : { Authorization: `Bearer ${token}`, Cookie: `m_session_id=${token}` };
  const answer = await fetch(url, {
    method,
    headers: { Connection: 'close', ...own, ...headers },
    redirect: 'manual',
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers, text, json: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Tests look at the text then.
    return undefined;
  }
}

/** A request with a JSON body, as the writer. */
export function post(url: string, body: object, more: Call = {}): Promise<Reply> {
  return call(url, { method: 'POST', token: TOKENS.writer, body: JSON.stringify(body), ...more });
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export interface HeldRequest {
  /** Sends the rest. @returns the status of the answer */
  finish(): Promise<number>;
}

/** A POST as the writer that stops in the middle of its body, when the host has begun to read it. */
export async function holdPost(url: string, body: string, hasBegun: () => boolean): Promise<HeldRequest> {
  const headers = { Authorization: `Bearer ${TOKENS.writer}`, 'Content-Length': Buffer.byteLength(body) };
  const held = request(url, { method: 'POST', headers });
  const status = new Promise<number>((resolve, reject) => {
    held.once('response', (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    held.once('error', reject);
  });
  held.write(body.slice(0, 1));
  while (!hasBegun()) await new Promise((resolve) => setImmediate(resolve));
  return {
    finish() {
      held.end(body.slice(1));
      return status;
    },
  };
}
