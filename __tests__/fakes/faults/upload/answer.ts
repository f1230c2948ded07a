// Answers to steps of a release that are wrong: a 200 that means failure, a page, JSON of another shape, too little of it.

import type { Canned, Step } from '../../server.ts';
import { refuses, type StepFault, strikesOnce } from '../../steps/step.ts';
import { BLOBS } from './steps.ts';

const PAGE: Canned = {
  status: 200,
  headers: { 'Content-Type': 'text/html' },
  body: '<!doctype html><title>Sign in to the proxy</title>',
};
const SAYS_NO: Canned = {
  status: 200,
  body: { Code: 10030000001, Message: 'internal failure', RequestId: 'fake', Success: false },
};

/** It took effect, and what is said about it cannot be read. */
const unreadable = (step: Step, name: string, answer: Canned, more: Partial<StepFault> = {}): StepFault =>
  strikesOnce(`${step}: done, and answered ${name}`, {
    steps: [step],
    when: 'after',
    strike: () => answer,
    ...more,
  });

const ALWAYS = Number.POSITIVE_INFINITY;

const failure = (step: Step): StepFault =>
  refuses(
    `${step}: a 200 that means failure`,
    { steps: [step], hubs: ['modelscope'], times: ALWAYS, expect: 'REFUSED' },
    SAYS_NO,
  );

/** Who only asks knows from it that no hub answers; who changes something does not know whether it was done. */
const page = (step: Step, more: Partial<StepFault> = {}): StepFault =>
  refuses(`${step}: a page under 200`, { steps: [step], times: ALWAYS, expect: 'HUB_PROTOCOL', ...more }, PAGE);

/** Something in between answered, and the hub was never asked. */
const notDone = (step: Step): StepFault =>
  refuses(`${step}: not done, and answered by a page`, { steps: [step] }, PAGE);

const nullData = unreadable('commit', 'without data', { status: 200, body: { Code: 200, Success: true, Data: null } });

const withoutEtag: StepFault = unreadable(
  'part',
  'without an ETag',
  { status: 200 },
  { times: ALWAYS, expect: 'HUB_PROTOCOL' },
);

const fewerParts: StepFault = strikesOnce('offer: a part too few', {
  steps: ['offer'],
  hubs: ['huggingface'],
  times: ALWAYS,
  expect: 'HUB_PROTOCOL',
  when: 'after',
  strike: (_context, answer) => ({ ...answer, status: 200, body: JSON.parse(withoutFirstPart(answer?.body)) }),
});

function withoutFirstPart(body: unknown): string {
  return JSON.stringify(body).replace(/"0*1":"[^"]*",?/, '');
}

/** One bit of the body is turned on its way. */
const flipped: StepFault = strikesOnce('put: a byte is changed on the way', {
  steps: BLOBS,
  when: 'before',
  strike({ exchange }) {
    const { incoming } = exchange;
    exchange.incoming = async function* () {
      let isFirst = true;
      for await (const chunk of incoming()) {
        if (isFirst && chunk.length > 0) chunk.writeUInt8(chunk.readUInt8(0) ^ 1, 0);
        isFirst = false;
        yield chunk;
      }
    };
    return 'go on';
  },
});

export const UPLOAD_ANSWERS: readonly StepFault[] = [
  ...(['offer', 'put', 'commit', 'tag'] as const).map(failure),
  ...(['preupload', 'offer'] as const).map((step) => page(step)),
  page('put', { expect: 'SERVER' }),
  page('part', { expect: 'SERVER' }),
  page('commit', { expect: 'SERVER' }),
  ...(['commit', 'pull-request', 'merge'] as const).map((step) => unreadable(step, 'by a page', PAGE)),
  ...(['pull-request', 'merge'] as const).map((step) => notDone(step)),
  nullData,
  unreadable('commit', 'with data of another kind', { status: 200, body: { Code: 200, Data: 'yes', commitOid: 7 } }),
  withoutEtag,
  fewerParts,
  flipped,
];
