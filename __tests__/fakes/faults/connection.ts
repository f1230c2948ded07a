// Connections that break, close or fall silent. What they carried until then is right.

import { firstBytes, silence, stalled, trickled } from '../broken-body.ts';
import type { Answer } from '../file-answer.ts';
import { always, type Fault, forEver, once, withHeaders } from './fault.ts';
import { headOf } from './wire.ts';

const MIB = 1024 * 1024;

/** Where in the answer a fault strikes, in bytes; the middle unless given. */
type At = number | undefined;
const place = (answer: Answer, at: At) => Math.min(at ?? Math.floor(answer.sizeBytes / 2), answer.sizeBytes);

/** The connection is reset after some bytes. */
export const resetAfter = (at?: number): Fault =>
  once('reset', (answer) => ({ ...answer, read: () => firstBytes(answer, place(answer, at)), ending: 'reset' }));

/** The connection is closed in order, before all announced bytes came. */
export const shortBody = (at?: number): Fault =>
  once('short body', (answer) => ({ ...answer, read: () => firstBytes(answer, place(answer, at)), ending: 'hangup' }));

/** Nothing more comes until the plan is released; then the rest does. */
export const stallAfter = (at?: number): Fault =>
  once(
    'stall',
    (answer, _context, released) => ({ ...answer, read: () => stalled(answer, place(answer, at), released) }),
    {
      needsTimeout: true,
    },
  );

const wordless = (name: string, ending: Answer['ending']): Fault =>
  once(name, (answer) => ({ ...answer, wire: () => [], ending }));

const silentHead: Fault = once(
  'stall before the head',
  (answer, _context, released) => ({ ...answer, wire: () => silence(released), ending: 'reset' }),
  { needsTimeout: true },
);

const silentBody: Fault = once(
  'stall before the first byte',
  (answer, _context, released) => ({ ...answer, wire: () => silence(released, headOf(answer)), ending: 'reset' }),
  { needsTimeout: true },
);

const chunked = (answer: Answer): Answer => withHeaders(answer, { 'Content-Length': undefined });

export const CONNECTION: readonly Fault[] = [
  resetAfter(),
  {
    ...forEver(resetAfter(3 * MIB), 'recovers'),
    name: 'reset every 3 MiB',
    applies: ({ sizeBytes }) => sizeBytes > 3 * MIB,
  },
  {
    ...forEver(resetAfter(MIB / 2), 'recovers'),
    name: 'reset every 512 KiB',
    applies: ({ sizeBytes }) => sizeBytes > MIB,
  },
  {
    ...forEver(resetAfter(100), 'NETWORK'),
    name: 'reset every 100 bytes',
    applies: ({ sizeBytes }) => sizeBytes > 100,
  },
  wordless('reset before the head', 'reset'),
  forEver(wordless('reset before the head', 'reset'), 'NETWORK'),
  wordless('closed before the head', 'hangup'),
  shortBody(),
  once('short body, chunked', (answer) => ({
    ...chunked(answer),
    read: () => firstBytes(answer, place(answer, undefined)),
  })),
  once('broken off, chunked', (answer) => ({
    ...chunked(answer),
    read: () => firstBytes(answer, place(answer, undefined)),
    ending: 'hangup',
  })),
  always('closed after the last byte', (answer) => ({ ...answer, ending: 'hangup' })),
  always('Connection: close', (answer) => withHeaders(answer, { Connection: 'close' })),
  silentHead,
  forEver(silentHead, 'TIMEOUT'),
  silentBody,
  forEver(silentBody, 'STALLED'),
  stallAfter(),
  { ...stallAfter(Number.POSITIVE_INFINITY), name: 'stall at the last byte', apply: stallAtLastByte },
  once(
    'trickle of 1 KB/s',
    (answer, _context, released) => ({ ...answer, read: () => trickled(answer, place(answer, undefined), released) }),
    { needsTimeout: true, applies: ({ sizeBytes }) => sizeBytes > MIB },
  ),
];

function stallAtLastByte(answer: Answer, _context: unknown, released: Promise<void>): Answer {
  return { ...answer, read: () => stalled(answer, Math.max(0, answer.sizeBytes - 1), released) };
}
