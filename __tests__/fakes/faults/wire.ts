// HTTP as strangers write it: odd but allowed, or broken. The bytes go to the socket past the HTTP library, which would refuse them.

import { STATUS_CODES } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import type { Answer } from '../file-answer.ts';
import { always, type Fault, once, withHeaders } from './fault.ts';

type Lines = readonly string[];

/** The head of an answer as it goes over the wire. */
export function headOf(answer: Answer, edit: (lines: Lines) => Lines = (lines) => lines, eol = '\r\n'): Buffer {
  const status = `HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ''}`;
  const lines = [status, ...Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`)];
  return Buffer.from([...edit(lines), '', ''].join(eol), 'latin1');
}

/** The answer with its own bytes and a head that was tampered with; the connection ends with it. */
const written = (answer: Answer, edit: (lines: Lines) => Lines): Answer => ({
  ...answer,
  wire: () => headThenBody(headOf(answer, edit), answer),
  ending: 'hangup',
});

async function* headThenBody(head: Uint8Array, answer: Answer): AsyncGenerator<Uint8Array> {
  yield head;
  yield* answer.read();
}

async function* byteByByte(head: Uint8Array, answer: Answer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < head.length; at += 1) {
    yield head.subarray(at, at + 1);
    await setImmediate();
  }
  yield* answer.read();
}

async function* inChunks(answer: Answer): AsyncGenerator<Uint8Array> {
  const head = withHeaders(answer, { 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' });
  yield headOf(head);
  for await (const bytes of answer.read()) {
    yield Buffer.from(`${bytes.length.toString(16)};name="a value"\r\n`);
    yield bytes;
    yield Buffer.from('\r\n');
  }
  yield Buffer.from('0\r\nX-Trailer: a\r\n\r\n');
}

const odd = (name: string, edit: (lines: Lines) => Lines): Fault => always(name, (answer) => written(answer, edit));
const broken = (name: string, edit: (lines: Lines) => Lines, more: Partial<Fault> = {}): Fault =>
  once(name, (answer) => written(answer, edit), more);
const withLine = (line: string) => (lines: Lines) => [...lines, line];
const changing = (pattern: RegExp, text: string) => (lines: Lines) => lines.map((line) => line.replace(pattern, text));
const before = (text: string) => (lines: Lines) => [text, '', ...lines];

const LENGTH = /^Content-Length: /;
const lengthless = (lines: Lines) => lines.filter((line) => !LENGTH.test(line));
const hasLength: Partial<Fault> = { applies: ({ headers }) => 'Content-Length' in headers };

/** Allowed by HTTP/1.1, so that no client may stumble. */
const ODD: readonly Fault[] = [
  odd('header names in lower case', (lines) =>
    lines.map((line) => line.replace(/^[\w-]+:/, (name) => name.toLowerCase())),
  ),
  odd('a thousand headers', (lines) => [...lines, ...Array.from({ length: 1000 }, (_, index) => `X-${index}: a`)]),
  odd('early hints before the answer', before('HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload')),
  odd('HTTP/1.0 without a length, ended by closing', (lines) => lengthless(changing(/^HTTP\/1\.1/, 'HTTP/1.0')(lines))),
  odd('no reason after the status', changing(/^(HTTP\/1\.1 \d+) .*/, '$1 ')),
  odd('no blank after a colon', changing(/: /, ':')),
  odd('an encoding that says nothing', withLine('Content-Encoding: ')),
  always('head byte by byte', (answer) => ({
    ...answer,
    wire: () => byteByByte(headOf(answer), answer),
    ending: 'hangup',
  })),
  always('chunks with extensions and a trailer', (answer) => ({
    ...answer,
    wire: () => inChunks(answer),
    ending: 'hangup',
  })),
];

/** Broken once: whatever the client makes of it, the next try brings the file. */
const BROKEN: readonly Fault[] = [
  broken('a header of 1 MB', withLine(`X-Long: ${'a'.repeat(1_000_000)}`)),
  broken('two lengths that agree', (lines) => [...lines, ...lines.filter((line) => LENGTH.test(line))], hasLength),
  broken('two lengths that differ', withLine('Content-Length: 5'), hasLength),
  broken('a length with a sign', changing(LENGTH, 'Content-Length: +'), hasLength),
  broken('a length below zero', changing(LENGTH, 'Content-Length: -'), hasLength),
  broken('a length and chunks', withLine('Transfer-Encoding: chunked'), hasLength),
  broken('chunks that are none', (lines) => [...lengthless(lines), 'Transfer-Encoding: chunked']),
  broken('a folded header', withLine('X-Folded: a\r\n b')),
  broken('a header of blanks and a control character', withLine(`X-Blank:${' '.repeat(8000)}\u0001`)),
  broken('100 that nobody waited for', before('HTTP/1.1 100 Continue')),
  broken('101 that nobody asked for', before('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade')),
  broken('a status that is none', changing(/^HTTP\/1\.1 \d+/, 'HTTP/1.1 2OO')),
  broken('no HTTP at all', () => ['SSH-2.0-OpenSSH']),
  once('lines that end in a line feed alone', (answer) => ({
    ...answer,
    wire: () =>
      headThenBody(
        headOf(answer, (lines) => lines, '\n'),
        answer,
      ),
    ending: 'hangup',
  })),
];

export const WIRE: readonly Fault[] = [...ODD, ...BROKEN];
