// What goes wrong with the answers that say which files there are, before the first file is asked for.

import { firstBytes, silence } from '../broken-body.ts';
import { type Fault, forEver, once, textAnswer, withHeaders } from './fault.ts';

const api = { places: ['api'] } as const satisfies Partial<Fault>;

const failing: Fault = { ...once('listing: 503 twice', () => textAnswer(503, 'Service Unavailable'), api), times: 2 };
const page = once(
  'listing: HTML page',
  () => textAnswer(200, '<html>Sign in</html>', { 'Content-Type': 'text/html' }),
  api,
);
const cutText = once(
  'listing: JSON that ends early',
  (answer) => {
    const lengthBytes = Math.floor(answer.sizeBytes / 2);
    return { ...withHeaders(answer, { 'Content-Length': lengthBytes }), read: () => firstBytes(answer, lengthBytes) };
  },
  api,
);
const circle = once(
  'listing: redirect to itself',
  (answer, { url }) => ({ ...withHeaders(answer, { Location: url }), status: 302 }),
  api,
);

export const LISTING: readonly Fault[] = [
  failing,
  { ...forEver(failing, 'SERVER'), name: 'listing: 503, for ever' },
  once('listing: 429 for seven seconds', () => textAnswer(429, 'Too Many Requests', { 'Retry-After': '7' }), {
    ...api,
    waitMs: 7000,
  }),
  once('listing: reset before the head', (answer) => ({ ...answer, wire: () => [], ending: 'reset' }), api),
  once(
    'listing: short body',
    (answer) => ({ ...answer, read: () => firstBytes(answer, Math.floor(answer.sizeBytes / 2)), ending: 'hangup' }),
    api,
  ),
  once(
    'listing: stall before the head',
    (answer, _context, released) => ({ ...answer, wire: () => silence(released), ending: 'reset' }),
    { ...api, needsTimeout: true },
  ),
  forEver(page, 'HUB_PROTOCOL'),
  forEver(cutText, 'HUB_PROTOCOL'),
  forEver(circle, 'HUB_PROTOCOL'),
];
