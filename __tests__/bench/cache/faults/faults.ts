// What can be wrong with the runner cache, and at which moments each of it is tried. Runs nothing.

import { setTimeout } from 'node:timers/promises';
import { trickled } from '../../../fakes/broken-body.ts';
import { always } from '../../../fakes/faults/fault.ts';
import { type Fault as BytesFault, flippedByte, resetAfter, stallAfter } from '../../../fakes/faults.ts';
import { type Canned, type Exchange, send, sip } from '../../../fakes/server.ts';
import { MOMENTS, type Moment, type Protocol } from './moments.ts';

export interface CacheFault {
  readonly title: string;
  /** What happens to a request, from the moment on to all that are for the same place. @returns whether that was all */
  readonly strike?: (exchange: Exchange, protocol: Protocol) => Promise<boolean>;
  /** What happens to bytes that are read, in place of that. */
  readonly bytes?: BytesFault;
}

const answered = (title: string, of: (protocol: Protocol) => Canned): CacheFault => ({
  title,
  async strike(exchange, protocol) {
    await send(exchange, of(protocol));
    return true;
  },
});
const refused = (title: string, first: Canned, second: Canned) =>
  answered(title, (protocol) => (protocol === 'first' ? first : second));

/** What a service that is slow takes longer for each request. */
const LATE_MS = 1500;
/** What is not taken for a fault. */
const FAIR_MS = 400;
const late = (title: string, lateMs: number): CacheFault => ({
  title,
  async strike() {
    await setTimeout(lateMs);
    return false;
  },
});

const down = answered('down (503)', () => ({ status: 503, body: 'away' }));
const gone: CacheFault = {
  title: 'breaks off',
  async strike({ request }) {
    request.socket.destroy();
    return true;
  },
};
const silent: CacheFault = { title: 'silent', strike: async () => true };
const slow = late('slow: each answer 1.5 s late', LATE_MS);
const fair = late('each answer 0.4 s late (no fault to us)', FAIR_MS);
const denied = answered('denied (401)', () => ({
  status: 401,
  body: { code: 'unauthenticated', msg: 'invalid token' },
}));
const limited = answered('asks for a pause (429)', () => ({ status: 429, headers: { 'Retry-After': '60' }, body: {} }));
const readOnly = refused(
  'read-only',
  { status: 403, body: { message: 'cache write denied: token has no writable scopes' } },
  { status: 200, body: { ok: false, message: 'cache write denied: token has no writable scopes' } },
);
const full = refused(
  'full',
  { status: 400, body: { message: 'Cache size is over the limit' } },
  { status: 200, body: { ok: false, message: 'cache storage over budget: the cache is read-only' } },
);
const expired = answered('expired link (403)', () => ({
  status: 403,
  headers: { 'x-ms-error-code': 'AuthenticationFailed' },
}));
const swallowing: CacheFault = {
  title: 'takes the bytes, and is silent',
  async strike({ request }) {
    request.resume();
    return true;
  },
};
const sipping: CacheFault = {
  title: 'a trickle',
  async strike({ request }) {
    await sip(request);
    return true;
  },
};

/** So many bytes that there seemed to be nothing wrong. */
const SEEMING_BYTES = 1_000_000;
const isBody = (answer: { sizeBytes: number }) => answer.sizeBytes > 1;
const bytes = (title: string, fault: BytesFault): CacheFault => ({
  title,
  bytes: { ...fault, places: ['cache'], times: Number.POSITIVE_INFINITY, applies: isBody },
});
const stalled = bytes('silent in the middle', stallAfter(SEEMING_BYTES));
const trickle = bytes(
  'a trickle',
  always('a trickle', (answer, _, released) => ({ ...answer, read: () => trickled(answer, SEEMING_BYTES, released) })),
);
const wrong = bytes('wrong content', flippedByte(Number.POSITIVE_INFINITY));
const cut = bytes('breaks off in the middle', resetAfter());

const ASKING = [down, gone, silent, slow, denied, limited];
const READING = [expired, down, gone, silent, slow, stalled, trickle, cut, wrong];
const SENDING = [expired, down, gone, silent, swallowing, sipping, slow];
const RESERVING = [...ASKING, readOnly, full];

export interface Trial {
  readonly moment: Moment;
  readonly faults: readonly CacheFault[];
}

export const TRIALS: readonly Trial[] = [
  { moment: MOMENTS.lookup, faults: [...ASKING, fair] },
  { moment: MOMENTS.firstByte, faults: [expired, down, gone, silent, slow] },
  { moment: MOMENTS.pack, faults: READING },
  { moment: MOMENTS.ranges, faults: READING },
  { moment: MOMENTS.reservation, faults: [...RESERVING, fair] },
  { moment: MOMENTS.packPut, faults: SENDING },
  { moment: MOMENTS.firstBlock, faults: SENDING },
  { moment: MOMENTS.middleBlock, faults: SENDING },
  { moment: MOMENTS.list, faults: [expired, down, gone, silent, slow] },
  { moment: MOMENTS.announcing, faults: ASKING },
  { moment: MOMENTS.archiveLookup, faults: ASKING },
  { moment: MOMENTS.archive, faults: READING },
  { moment: MOMENTS.archiveReservation, faults: RESERVING },
  { moment: MOMENTS.firstPiece, faults: SENDING },
  { moment: MOMENTS.middlePiece, faults: SENDING },
  { moment: MOMENTS.archiveAnnouncing, faults: ASKING },
];
