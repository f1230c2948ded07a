// Commits that meet others: a lock that is held, a head that moved, an answer that does not say what happened.

import { refuses, type StepContext, type StepFault, strikesOnce, withoutEnd } from '../../steps/step.ts';

const BUSY_HUGGINGFACE = {
  status: 409,
  body: { error: 'Another commit operation is in progress for this repository. Please try again later.' },
};
const BUSY_MODELSCOPE = {
  status: 429,
  body: { Code: 10030000001, Message: 'commit lock busy, please try again', Success: false },
};

const busy: StepFault = strikesOnce('commit: lock busy', {
  steps: ['commit'],
  times: 2,
  when: 'before',
  strike: ({ hub }) => (hub === 'huggingface' ? BUSY_HUGGINGFACE : BUSY_MODELSCOPE),
});

const busyMerge: StepFault = refuses(
  'merge: lock busy',
  { steps: ['merge'], hubs: ['huggingface'], times: 2 },
  BUSY_HUGGINGFACE,
);

const unmerged: StepFault = refuses(
  'merge: conflict, and nobody published',
  { steps: ['merge'], hubs: ['huggingface'] },
  { status: 409, body: { error: 'This pull request has files that conflict' } },
);

/** Somebody else commits to the branch right before the merge, which then meets it. */
const intruderAtMerge = (name: string, path: string, more: Partial<StepFault> = {}): StepFault =>
  strikesOnce(name, {
    steps: ['merge'],
    when: 'before',
    strike({ repository }) {
      repository?.commit('main', { [path]: 'written by somebody else\n' }, 'somebody else');
      return 'go on';
    },
    ...more,
  });

const busyUnder200: StepFault = refuses(
  'commit: lock busy, told under 200',
  { steps: ['commit'], hubs: ['modelscope'] },
  { ...BUSY_MODELSCOPE, status: 200 },
);

const busyCreation: StepFault = refuses(
  'create: another operation in progress',
  { steps: ['create'], hubs: ['huggingface'] },
  { status: 409, body: { error: 'Cannot create repo: another conflicting operation is in progress' } },
);

const movedHead: StepFault = refuses(
  'commit: 412',
  { steps: ['commit'], hubs: ['huggingface'] },
  { status: 412, body: { error: 'A commit has happened since. Please refresh and try again.' } },
);

/** Somebody else commits just before; the request then goes on and finds that. */
export function intruder(name: string, path: (context: StepContext) => string, more: Partial<StepFault>): StepFault {
  return strikesOnce(name, {
    steps: ['commit'],
    when: 'before',
    strike(context) {
      const { repository, subject } = context;
      if (repository?.branches.has(subject) === true) {
        repository.commit(subject, { [path(context)]: 'written by somebody else\n' }, 'somebody else');
      }
      return 'go on';
    },
    ...more,
  });
}

const elsewhere = () => 'somebody-else.txt';

// When a commit shows up for readers of a branch is promised by nobody (huggingface.md 9, modelscope.md 6).
const lateListing: StepFault = strikesOnce('list: the release of before, right after the commit', {
  steps: ['list'],
  when: 'before',
  afterCommit: true,
  times: 2,
  strike({ repository, exchange }) {
    const branches = new Map(repository?.branches);
    for (const [name, id] of branches) repository?.branches.set(name, repository.resolve(id)?.parentId ?? id);
    exchange.response.once('close', () => {
      for (const [name, id] of branches) repository?.branches.set(name, id);
    });
    return 'go on';
  },
});

export const UPLOAD_COMMIT: readonly StepFault[] = [
  busy,
  withoutEnd(busy, 'BUSY'),
  busyUnder200,
  busyCreation,
  movedHead,
  withoutEnd(movedHead, 'CONFLICT'),
  lateListing,
  busyMerge,
  unmerged,
  withoutEnd(unmerged, 'CONFLICT'),
  intruderAtMerge('merge: somebody else commits another file', 'somebody-else.txt'),
  intruderAtMerge('merge: somebody else commits the same file', 'config.json', { expect: 'CONFLICT' }),
  intruder('commit: somebody else commits another file', elsewhere, {}),
  intruder('commit: somebody else commits the same file', () => 'config.json', {
    expect: 'CONFLICT',
  }),
];
