// Refusals: whole answers in place of the file's, under a failing status.

import { firstBytes } from '../broken-body.ts';
import { type Fault, FILE, forEver, HUB, once, textAnswer } from './fault.ts';

export interface Refusal {
  readonly name: string;
  readonly times: number;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly text: string;
}

/** A whole answer in place of the file's. */
export function refusal({ name, times, status, headers, text }: Refusal): Fault {
  return { name, times, expect: 'recovers', apply: () => textAnswer(status, text, headers) };
}

const EXPIRED =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code><Message>Access denied</Message></Error>';
const xml = { 'Content-Type': 'application/xml' };

/** A status that passes by itself. */
const passing = (status: number, text: string): Fault => ({
  ...refusal({ name: `${status} twice`, times: 2, status, text }),
  places: FILE,
});
const lasting = (status: number, text: string, expect: Fault['expect'], places = FILE): Fault => ({
  ...forEver(refusal({ name: String(status), times: 1, status, text }), expect),
  places,
});
const limited = (name: string, after: string | undefined, more: Partial<Fault> = {}): Fault => ({
  ...refusal({
    name: `429 ${name}`,
    times: 1,
    status: 429,
    text: 'Too Many Requests',
    ...(after === undefined ? {} : { headers: { 'Retry-After': after } }),
  }),
  places: FILE,
  ...more,
});
/** A refusal by the host of signed links, for which the hub makes new ones. */
const refusedLink = (name: string, status: number): Fault => ({
  ...refusal({ name, times: 1, status, headers: xml, text: EXPIRED }),
  places: ['cdn'],
});

const inHalfAMinute: Fault = {
  ...limited('until a date', undefined, { waitMs: 20_000 }),
  apply: () => textAnswer(429, 'Too Many Requests', { 'Retry-After': new Date(Date.now() + 30_000).toUTCString() }),
};

const expiresMeanwhile: Fault = once(
  'link expires while the bytes come',
  (answer, { expireLinks }) => {
    expireLinks?.();
    return { ...answer, read: () => firstBytes(answer, Math.floor(answer.sizeBytes / 2)), ending: 'reset' };
  },
  { places: ['cdn'] },
);

export const REFUSALS: readonly Fault[] = [
  lasting(401, 'Unauthorized', 'FORBIDDEN', HUB),
  lasting(403, 'Forbidden', 'FORBIDDEN', HUB),
  lasting(404, 'Not Found', 'FILE_NOT_FOUND', HUB),
  refusedLink('expired link', 403),
  forEver(refusedLink('expired link', 403), 'LINK_EXPIRED'),
  refusedLink('401 to a link', 401),
  refusedLink('404 to a link', 404),
  expiresMeanwhile,
  passing(408, 'Request Timeout'),
  lasting(408, 'Request Timeout', 'TIMEOUT'),
  refusal({ name: '416', times: 1, status: 416, text: 'Range Not Satisfiable' }),
  forEver(refusal({ name: '416', times: 1, status: 416, text: 'Range Not Satisfiable' }), 'SIZE_MISMATCH'),
  limited('at once again', '0'),
  limited('for seven seconds', '7', { waitMs: 7000 }),
  inHalfAMinute,
  limited('until a date that has passed', 'Wed, 21 Oct 2015 07:28:00 GMT'),
  limited('without a wait', undefined),
  limited('with a wait that nobody can read', 'soon'),
  limited('for thirty years', '999999999', { expect: 'RATE_LIMITED' }),
  forEver(limited('at once again', '0'), 'RATE_LIMITED'),
  passing(500, 'Internal Server Error'),
  lasting(500, 'Internal Server Error', 'SERVER'),
  passing(502, 'Bad Gateway'),
  passing(503, 'Service Unavailable'),
  lasting(503, 'Service Unavailable', 'SERVER'),
];
