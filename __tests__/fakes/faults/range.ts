// Answers to a range that are not that range, or that do not say so. Only requests with a Range header meet them.

import { type Answer, type AnswerContext, answerWith, type Span } from '../file-answer.ts';
import { always, type Fault, forEver, once, withHeaders } from './fault.ts';

const ranged: Partial<Fault> = { applies: (_answer, { span }) => span !== undefined };

/** Answers a range as if another one had been asked for. */
function answerOther(context: AnswerContext, choose: (span: Span) => Span): Answer {
  const { body, span, options } = context;
  return answerWith(body, span === undefined ? undefined : choose(span), options);
}

const shifted = ({ start, end }: Span): Span =>
  start === 0 ? { start: 1, end: end + 1 } : { start: start - 1, end: end - 1 };
const rangeText = ({ start, end }: Span, total: number | string) => `bytes ${start}-${end - 1}/${total}`;

const labelled = (name: string, label: (span: Span, sizeBytes: number) => string | undefined): Fault =>
  once(
    name,
    (answer, { span, body }) =>
      span === undefined ? answer : withHeaders(answer, { 'Content-Range': label(span, body.sizeBytes) }),
    ranged,
  );

const wholeFile: Fault = once(
  'whole file under 200 for a range',
  (_answer, { body, options }) => answerWith(body, undefined, options),
  ranged,
);
const wrongLabel = labelled('wrong Content-Range', (span, sizeBytes) => rangeText(shifted(span), sizeBytes));
const otherTotal = labelled('206 with another total', (span, sizeBytes) => rangeText(span, sizeBytes + 1));
const noLabel = labelled('206 that does not say which range', () => undefined);
const otherOffset = once('another offset, as it says', (_answer, context) => answerOther(context, shifted), ranged);
const lyingOffset = once(
  'another offset under the right Content-Range',
  (answer, context) => ({ ...answer, read: answerOther(context, shifted).read }),
  ranged,
);
const silentSlice = once(
  'slice under 200 that does not say so',
  (answer) => ({ ...withHeaders(answer, { 'Content-Range': undefined }), status: 200 }),
  ranged,
);

export const WRONG_RANGE: readonly Fault[] = [
  wholeFile,
  { ...forEver(wholeFile, 'recovers'), name: 'ranges are never honoured' },
  always('slice under 200', (answer) => ({ ...answer, status: 200 }), ranged),
  silentSlice,
  forEver(silentSlice, 'SIZE_MISMATCH'),
  wrongLabel,
  forEver(wrongLabel, 'SIZE_MISMATCH'),
  otherOffset,
  forEver(otherOffset, 'SIZE_MISMATCH'),
  lyingOffset,
  forEver(lyingOffset, 'DIGEST_MISMATCH'),
  otherTotal,
  forEver(otherTotal, 'SIZE_MISMATCH'),
  noLabel,
  forEver(noLabel, 'SIZE_MISMATCH'),
  always('206 with an unknown total', ...relabelled((span) => rangeText(span, '*'))),
  labelled('Content-Range that nobody can read', () => 'bytes all of them'),
  once(
    'less than was asked for, as it says',
    (_answer, context) => answerOther(context, ({ start, end }) => ({ start, end: Math.ceil((start + end) / 2) })),
    ranged,
  ),
  once(
    'more than was asked for, as it says',
    (_answer, context) => answerOther(context, ({ end }) => ({ start: 0, end })),
    { applies: (_answer, { span }) => (span?.start ?? 0) > 0 },
  ),
  once(
    'multipart/byteranges',
    (answer) => withHeaders(answer, { 'Content-Type': 'multipart/byteranges; boundary=x', 'Content-Range': undefined }),
    ranged,
  ),
];

function relabelled(label: (span: Span, sizeBytes: number) => string): [Fault['apply'], Partial<Fault>] {
  const { apply, applies } = labelled('', label);
  return [apply, applies === undefined ? {} : { applies }];
}
