// Refusals that are about who publishes and how much they may: tokens, rights, quotas, links; each in its hub's own words.

import type { Canned, Step } from '../../server.ts';
import { type HubName, refuses, type StepFault, strikesOnce, withoutEnd } from '../../steps/step.ts';
import { BLOBS } from './steps.ts';

const ALWAYS = Number.POSITIVE_INFINITY;
const huggingface = (status: number, error: string, headers: Readonly<Record<string, string>> = {}): Canned => ({
  status,
  headers: { 'X-Error-Message': error, ...headers },
  body: { error },
});
const modelscope = (status: number, Code: number, Message: string): Canned => ({
  status,
  body: { Code, Message, RequestId: 'fake', Success: false },
});

const EXPIRED: Readonly<Record<HubName, Canned>> = {
  huggingface: huggingface(401, 'Invalid credentials in Authorization header'),
  modelscope: modelscope(400, 10030000001, 'user not logged in'),
};

/** The token ends with this step; another one goes on. A client that is given no other stops. */
const expired = (step: Step, hubs: readonly HubName[]): StepFault => ({
  name: `${step}: token expired`,
  times: ALWAYS,
  expect: 'recovers',
  steps: [step],
  hubs,
  when: 'before',
  untilAnotherToken: true,
  strike: ({ hub }) => EXPIRED[hub],
});
const both: readonly HubName[] = ['modelscope', 'huggingface'];

const expiredForGood = (step: Step, hubs: readonly HubName[]): StepFault => {
  const { untilAnotherToken: _, ...row } = expired(step, hubs);
  return { ...row, name: `${row.name}, and no other is taken`, expect: 'FORBIDDEN' };
};

const without = (name: string, steps: readonly Step[], hub: HubName, answer: Canned): StepFault =>
  refuses(name, { steps, hubs: [hub], times: ALWAYS, expect: 'READ_ONLY' }, answer);

const quota = (name: string, steps: readonly Step[], hub: HubName, answer: Canned): StepFault =>
  refuses(name, { steps, hubs: [hub], times: ALWAYS, expect: 'QUOTA' }, answer);

const FORBIDDEN = huggingface(403, 'Forbidden: you must use a write token to write to this repository.');
const TURNED_OFF = huggingface(403, 'Discussions are disabled for this repo');
const STORAGE = 'Private repository storage limit reached, please upgrade your plan to increase your storage limit.';
const QUOTA_CODE = '<Error><Code>QuotaExceeded</Code></Error>';
const EXPIRED_LINK: Canned = {
  status: 403,
  headers: { 'Content-Type': 'application/xml' },
  body: '<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>',
};

const expiredLink = (step: Step): StepFault =>
  refuses(`${step}: link expired`, { steps: [step], hubs: ['huggingface'] }, EXPIRED_LINK);

// All that was sent of the blob so far is lost with the links (huggingface.md 5.4).
const expiresMeanwhile: StepFault = strikesOnce('part: all links expire', {
  steps: ['part'],
  hubs: ['huggingface'],
  when: 'before',
  strike(context) {
    context.expireLinks?.();
    return EXPIRED_LINK;
  },
});

const refusedObject: StepFault = strikesOnce('offer: each object refused for its size', {
  steps: ['offer'],
  hubs: ['huggingface'],
  times: ALWAYS,
  expect: 'TOO_LARGE',
  when: 'after',
  strike: (_context, answer) => ({ ...answer, status: 200, body: withError(answer?.body) }),
});

function withError(body: unknown): object {
  const { objects = [], ...rest } = (body ?? {}) as { objects?: { oid: string; size: number }[] };
  const error = { code: 422, message: 'File is larger than 500000000000 bytes' };
  return { ...rest, objects: objects.map(({ oid, size }) => ({ oid, size, error })) };
}

export const UPLOAD_ACCESS: readonly StepFault[] = [
  ...(['offer', 'commit', 'tag'] as const).map((step) => expired(step, both)),
  expired('put', ['modelscope']),
  expired('preupload', ['huggingface']),
  expired('verify', ['huggingface']),
  expired('merge', ['huggingface']),
  expiredForGood('offer', both),
  expiredForGood('commit', both),
  without('no right to write', ['preupload', 'offer', 'commit'], 'huggingface', FORBIDDEN),
  without('no right to tag', ['tag'], 'huggingface', FORBIDDEN),
  without('pull requests are turned off', ['pull-request'], 'huggingface', TURNED_OFF),
  // Then it goes commit by commit.
  { ...without('no right to merge', ['merge'], 'huggingface', FORBIDDEN), expect: 'recovers' },
  without(
    'no right to write, told by 403',
    ['offer', 'commit'],
    'modelscope',
    modelscope(403, 403, 'no write permission to repository'),
  ),
  quota('quota, told by 402', ['offer'], 'huggingface', huggingface(402, 'Payment Required')),
  quota('quota, told by 403', ['offer'], 'huggingface', huggingface(403, STORAGE)),
  quota('quota, told at the commit', ['commit'], 'huggingface', huggingface(403, STORAGE)),
  quota('quota, told at the blob', ['put'], 'modelscope', modelscope(400, 10030000001, 'storage quota exceeded')),
  quota('quota, told by 402 at the blob', BLOBS, 'huggingface', { status: 402, body: '' }),
  quota('quota, told by the storage’s code', ['put'], 'huggingface', { status: 403, body: QUOTA_CODE }),
  refusedObject,
  ...BLOBS.map(expiredLink),
  ...BLOBS.map((step) => withoutEnd(expiredLink(step), 'LINK_EXPIRED')),
  expiresMeanwhile,
];
