// The head of an HTTP/1.1 answer, read strictly: whatever is not plain is odd, and left to a client that knows all of HTTP. Pure.

import type { Headers } from '../core/http.ts';

export interface LeanHead {
  readonly status: number;
  readonly headers: Headers;
  /** Of the body, from Content-Length and from nothing else; undefined where there is none. */
  readonly lengthBytes: number | undefined;
  /** Whether the connection can be used again when the body has ended. */
  readonly staysOpen: boolean;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([2-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ONCE = new Set(['content-length', 'content-range', 'content-encoding', 'transfer-encoding', 'location']);

/** @param text the head without the empty line that ends it, one character a byte
 * @returns undefined when it is odd: folded, contradictory, or no HTTP/1 at all */
export function parseLeanHead(text: string): LeanHead | undefined {
  const [first = '', ...lines] = text.split('\r\n');
  const status = STATUS_LINE.exec(first);
  if (status === null) return undefined;
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const field = readField(line);
    if (field === undefined) return undefined;
    const { name, value } = field;
    if (name in headers && ONCE.has(name)) return undefined;
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const lengthBytes = lengthOf(Number(status[2]), headers);
  if (lengthBytes === undefined && headers['content-length'] !== undefined) return undefined;
  const isKept = status[1] === '1' && !/\bclose\b/i.test(headers['connection'] ?? '');
  return { status: Number(status[2]), headers, lengthBytes, staysOpen: isKept };
}

// Cut by hand: a pattern that drops the blanks on both sides can be kept busy for hours by a line of blanks.
function readField(line: string): { readonly name: string; readonly value: string } | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon));
  const rest = line.slice(colon + 1);
  if (!NAME.test(name) || !VALUE.test(rest)) return undefined;
  return { name: name.toLowerCase(), value: withoutBlanks(rest) };
}

function withoutBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function lengthOf(status: number, headers: Headers): number | undefined {
  if (headers['transfer-encoding'] !== undefined) return undefined;
  if (status === 204 || status === 304) return 0;
  const text = headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
