// The storage behind a hub: signed links that take parts of a file, and what its answers mean. Knows no hub by name.

import { ModelFetchError } from '../core/errors.ts';
import { errorOfStatus, type Headers, type Range } from '../core/http.ts';
import type { SendPart, SendRequest } from '../core/ports/push.ts';
import type { FailedAnswer } from '../core/ports.ts';
import { quoteWords } from '../core/text/quote.ts';
import { protocolError, type Question } from './border.ts';
import { type LfsAction, refusedContent } from './lfs.ts';

/** S3’s own limit (object-storage.md). */
const MAX_PARTS = 10_000;
/** What the transport sets itself, and what belongs to another origin. */
const NOT_PASSED_ON =
  /^(authorization|cookie|host|content-length|transfer-encoding|connection|proxy-.*|chunk_size|\d+)$/i;

/** The headers that an action asks for, without those that are the transport’s or carry a secret. */
export function actionHeaders({ header }: LfsAction): Record<string, string> {
  const given = Object.entries(header ?? {}).filter(
    (entry): entry is [string, string] =>
      /^[A-Za-z0-9-]+$/.test(entry[0]) && !NOT_PASSED_ON.test(entry[0]) && isHeaderValue(entry[1]),
  );
  return Object.fromEntries(given.map(([name, value]) => [name.toLowerCase(), value]));
}

function isHeaderValue(value: unknown): value is string {
  return typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value);
}

/** An address that a hub gave, if it may be used: http only where the hub itself is asked so. @throws HUB_PROTOCOL */
export function storageUrl(href: string, question: Question): string {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  const isAllowed = url?.protocol === 'https:' || (url?.protocol === 'http:' && question.endpoint.startsWith('http:'));
  if (url === undefined || !isAllowed) throw protocolError(question, 'it gives an address to send to that is refused');
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

/** The parts of an upload. With `chunk_size` among the headers, their numbered members are the links of the parts
 * (huggingface.md 5.4); else the file goes whole. @throws HUB_PROTOCOL when the parts are not the file */
export function sendParts(action: LfsAction, sizeBytes: number, question: Question): SendPart[] {
  const partBytes = action.header?.['chunk_size'];
  if (partBytes === undefined) {
    const request: SendRequest = {
      method: 'PUT',
      url: storageUrl(action.href, question),
      headers: actionHeaders(action),
    };
    return [{ index: 0, range: { start: 0, end: sizeBytes }, request }];
  }
  const links = Object.entries(action.header ?? {})
    .filter(([name]) => /^\d+$/.test(name))
    .sort(([a], [b]) => Number(a) - Number(b));
  const size = Number(partBytes);
  const count = Number.isSafeInteger(size) && size > 0 ? Math.ceil(sizeBytes / size) : 0;
  if (count < 1 || count > MAX_PARTS || links.length !== count) {
    throw protocolError(
      question,
      `it cuts ${sizeBytes} bytes into ${links.length} parts of ${quoteWords(String(partBytes))}`,
    );
  }
  return links.map(([, href], index) => {
    const url = storageUrl(String(href), question);
    return { index, range: partRange(index, size, sizeBytes), request: { method: 'PUT', url } };
  });
}

function partRange(index: number, partBytes: number, sizeBytes: number): Range {
  return { start: index * partBytes, end: Math.min(sizeBytes, (index + 1) * partBytes) };
}

/** The typed error for a storage’s answer to a part; undefined when it took it.
 * @param what the file and the host, for the message */
export function storageRefusal(answer: FailedAnswer, what: string): ModelFetchError | undefined {
  const { status, headers, text } = answer;
  if (status >= 200 && status < 300 && !isWebPage(text)) return undefined;
  const code = /<Code>([A-Za-z]{1,60})<\/Code>/.exec(text)?.[1] ?? '';
  if (status < 300)
    return new ModelFetchError('SERVER', `Something other than the storage answered for ${what}: a web page.`);
  const general = errorOfStatus(status, headers, what, serverNowMs(headers));
  if (general !== undefined) return general;
  const said = `${status}${code === '' ? '' : `, ${code}`}`;
  if (/^(RequestTimeout|SlowDown|InternalError|IncompleteBody)$/.test(code))
    return new ModelFetchError('TIMEOUT', `The storage gave up on ${what} (${said}).`);
  if (/Digest|ChecksumMismatch/.test(code))
    return new ModelFetchError('DIGEST_MISMATCH', `Other bytes arrived for ${what} than were sent (${said}).`);
  const refused = refusedContent(status, code, `The storage does not take ${what} (${said}).`);
  if (refused !== undefined) return refused;
  if (code === 'EntityTooLarge')
    return new ModelFetchError('TOO_LARGE', `The storage does not take so many bytes at once for ${what} (${said}).`);
  if (
    status === 401 ||
    status === 403 ||
    status === 404 ||
    status === 410 ||
    /Expired|NoSuchUpload|NoSuchKey/.test(code)
  )
    return new ModelFetchError('LINK_EXPIRED', `The link for ${what} is refused (${said}).`);
  return new ModelFetchError('REFUSED', `The storage does not take ${what} (${said}).`);
}

// No storage answers with one: it comes from something in between, a login page for example, and the bytes went nowhere.
function isWebPage(text: string): boolean {
  return /^\s*<(!doctype\s+html|html)\b/i.test(text);
}

/** The host’s own clock, so that a date that it names is read against it. */
export function serverNowMs(headers: Headers): number {
  const dateMs = Date.parse(headers['date'] ?? '');
  return Number.isNaN(dateMs) ? 0 : dateMs;
}
