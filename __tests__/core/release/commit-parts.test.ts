// How a release is cut where one commit cannot hold it: weights first, what names them last, deletions with the last.

import { expect, test } from 'vitest';
import type { LocalFile, Ticket } from '../../../src/core/ports/push.ts';
import { cutCommits } from '../../../src/core/release/commit-parts.ts';
import { repoPath } from '../../../src/core/repo-path.ts';

function ticket(path: string, kind: 'have' | 'inline', sizeBytes = 10): Ticket {
  const file: LocalFile = {
    path: repoPath(path),
    sizeBytes,
    digests: { sha256: `sha256:${'0'.repeat(64)}` },
    sample: new Uint8Array(),
    open: () => {
      throw new Error('nobody reads it');
    },
  };
  return { kind, file };
}

const TICKETS = [
  ticket('README.md', 'inline'),
  ticket('config.json', 'inline'),
  ticket('a.safetensors', 'have'),
  ticket('model.safetensors.index.json', 'inline'),
  ticket('tokenizer.json', 'inline'),
  ticket('b.safetensors', 'have'),
];
const cut = (commitFiles: number, commitInlineBytes: number) =>
  cutCommits(TICKETS, ['gone.txt'], { commitFiles, commitInlineBytes }).map(({ tickets, deletes }) => [
    ...tickets.map(({ file }) => file.path),
    ...deletes.map((path) => `-${path}`),
  ]);

test('one commit where the limits allow it', () => {
  expect(cut(6, 40)).toHaveLength(1);
});

test('cut by the number of files', () => {
  expect(cut(2, 1000)).toEqual([
    ['a.safetensors', 'b.safetensors'],
    ['tokenizer.json', 'README.md'],
    ['config.json', 'model.safetensors.index.json', '-gone.txt'],
  ]);
});

test('cut by what travels inside', () => {
  expect(cut(100, 25)).toEqual([
    ['a.safetensors', 'b.safetensors', 'tokenizer.json', 'README.md'],
    ['config.json', 'model.safetensors.index.json', '-gone.txt'],
  ]);
});

test('what fits nowhere still gets a commit of its own', () => {
  expect(cut(100, 5)).toHaveLength(5);
});

test('only deletions are a commit, too', () => {
  expect(cutCommits([], ['a'], { commitFiles: 1, commitInlineBytes: 1 })).toEqual([{ tickets: [], deletes: ['a'] }]);
});
