// Steps of a release that are refused under a failing status which says nothing of why, or that the host cannot do now.

import type { Canned, Step } from '../../server.ts';
import { refuses, type StepFault, strikesOnce, withoutEnd } from '../../steps/step.ts';
import { BLOBS, QUESTIONS, WRITES } from './steps.ts';

const PAGE: Canned = { status: 504, body: '<html><h1>504 Gateway Time-out</h1></html>' };

const failed = (step: Step): StepFault => refuses(`${step}: 500`, { steps: [step] }, { status: 500, body: 'Oops' });
const unavailable = (step: Step): StepFault =>
  refuses(`${step}: 503 twice`, { steps: [step], times: 2 }, { status: 503, body: 'Service Unavailable' });

/** A gateway gave up on a step that took effect behind it. */
const lateStatus = (step: Step): StepFault =>
  strikesOnce(`${step}: done, and answered 504`, { steps: [step], when: 'after', strike: () => PAGE });

const limited = (step: Step, name: string, headers: Readonly<Record<string, string>>): StepFault =>
  refuses(`${step}: 429 ${name}`, { steps: [step] }, { status: 429, headers, body: 'Too Many Requests' });

const soon = (step: Step): StepFault => limited(step, 'at once again', { 'Retry-After': '0' });

const window_: StepFault = {
  ...limited('commit', 'until the window ends', { RateLimit: '"api";r=0;t=2', 'Retry-After': '2' }),
  hubs: ['huggingface'],
  waitMs: 2000,
};

// What remains of the window is no answer to a quota of commits (huggingface.md 1.7).
const commitQuota: StepFault = refuses(
  'commit: 429, a quota of an hour',
  { steps: ['commit'], hubs: ['huggingface'], times: Number.POSITIVE_INFINITY, expect: 'RATE_LIMITED' },
  {
    status: 429,
    headers: { RateLimit: '"api";r=990;t=17' },
    body: {
      error:
        'You have exceeded the rate limit for repository commits (128 per hour). You can retry this action in about 1 hour.',
    },
  },
);

// modelscope.md 6
const frequency: StepFault = refuses(
  'commit: 429, commits too frequent',
  { steps: ['commit'], hubs: ['modelscope'], times: 2 },
  { status: 429, body: { Code: 10030000001, Message: 'Commit frequency limit exceeded', Success: false } },
);

const tooLarge: StepFault = refuses(
  'commit: 413',
  { steps: ['commit'], times: Number.POSITIVE_INFINITY, expect: 'TOO_LARGE' },
  { status: 413, body: '<html><h1>413 Request Entity Too Large</h1></html>' },
);

const timeoutOfStorage: StepFault = refuses(
  'put: 400, the storage waited too long',
  { steps: BLOBS, hubs: ['huggingface'] },
  {
    status: 400,
    headers: { 'Content-Type': 'application/xml' },
    body: '<Error><Code>RequestTimeout</Code><Message>Your socket connection was idle</Message></Error>',
  },
);

export const UPLOAD_STATUS: readonly StepFault[] = [
  ...WRITES.map(failed),
  ...[...BLOBS, ...QUESTIONS, 'commit' as const, 'tag' as const].map(unavailable),
  ...[...BLOBS, 'offer' as const, 'commit' as const].map((step) => withoutEnd(failed(step), 'SERVER')),
  ...[...BLOBS, 'complete' as const, 'commit' as const, 'merge' as const, 'tag' as const].map(lateStatus),
  ...[...BLOBS, ...QUESTIONS, 'commit' as const, 'tag' as const].map(soon),
  { ...limited('offer', 'for seven seconds', { 'Retry-After': '7' }), waitMs: 7000 },
  { ...limited('commit', 'for seven seconds', { 'Retry-After': '7' }), waitMs: 7000 },
  withoutEnd(soon('commit'), 'RATE_LIMITED'),
  window_,
  commitQuota,
  frequency,
  withoutEnd(frequency, 'RATE_LIMITED'),
  tooLarge,
  timeoutOfStorage,
];
