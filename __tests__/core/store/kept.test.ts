// What is kept of a hub's words: read back it is what was written, or nothing.

import { describe, expect, test } from 'vitest';
import { digestOf } from '../../../src/core/digest.ts';
import { ModelFetchError } from '../../../src/core/errors.ts';
import type { ModelRef } from '../../../src/core/ref.ts';
import type { ListedFile, Listing } from '../../../src/core/snapshot.ts';
import {
  headName,
  headText,
  listingName,
  listingText,
  parseHead,
  parseListing,
  type Subject,
} from '../../../src/core/store/kept.ts';

const ref: ModelRef = { hub: 'modelscope', kind: 'model', repo: 'o/n', revision: 'main' };
const subject: Subject = { ref, endpoint: 'https://hub.example.com' };
const file = (path: string, more: Partial<ListedFile> = {}): ListedFile => ({
  path,
  sizeBytes: 1,
  kind: 'file',
  digests: [digestOf('sha256', path)],
  ...more,
});
const listing: Listing = {
  ref,
  revision: 'c0ffee',
  immutable: true,
  // Whole, with what no snapshot would take: who narrows it may leave that out.
  files: [file('a'), file('../b'), file('c', { kind: 'symlink' }), file('d', { digests: [], sizeBytes: Number.NaN })],
};

test('a listing is kept whole, and comes back as it was', () => {
  const text = listingText(subject, listing) ?? '';
  expect(parseListing(subject, 'c0ffee', text)).toEqual(listing);
});

test('a reference comes back with what it meant', () => {
  expect(parseHead(subject, headText(subject, 'c0ffee'))).toBe('c0ffee');
});

test('a listing in trouble is not kept', () => {
  const trouble = new ModelFetchError('SIZE_MISMATCH', 'two sizes');
  expect(listingText(subject, { ...listing, files: [file('a', { trouble })] })).toBeUndefined();
});

describe('names and texts of one thing are of no other', () => {
  const others: [string, Subject][] = [
    ['another hub', { ...subject, ref: { ...ref, hub: 'huggingface' } }],
    ['another site', { ...subject, endpoint: 'https://hub.example.org' }],
    ['another repository', { ...subject, ref: { ...ref, repo: 'o/m' } }],
    ['a dataset', { ...subject, ref: { ...ref, kind: 'dataset' } }],
  ];
  test.each(others)('%s', (_, other) => {
    expect(listingName(other, 'c0ffee')).not.toBe(listingName(subject, 'c0ffee'));
    expect(headName(other)).not.toBe(headName(subject));
    expect(parseListing(other, 'c0ffee', listingText(subject, listing) ?? '')).toBeUndefined();
    expect(parseHead(other, headText(subject, 'c0ffee'))).toBeUndefined();
  });

  test('another revision', () => {
    expect(listingName(subject, 'decaf')).not.toBe(listingName(subject, 'c0ffee'));
    expect(parseListing(subject, 'decaf', listingText(subject, listing) ?? '')).toBeUndefined();
    const other = { ...subject, ref: { ...ref, revision: 'dev' } };
    expect(headName(other)).not.toBe(headName(subject));
    expect(parseHead(other, headText(subject, 'c0ffee'))).toBeUndefined();
  });

  test('a folder of the repository is the same: filters are no part of what is kept', () => {
    const other = { ...subject, ref: { ...ref, subpath: 'dir' } };
    expect(listingName(other, 'c0ffee')).toBe(listingName(subject, 'c0ffee'));
    expect(parseListing(other, 'c0ffee', listingText(subject, listing) ?? '')?.ref).toBe(other.ref);
  });
});

test.each<[string, (text: string) => string]>([
  ['cut', (text) => text.slice(0, -10)],
  ['longer', (text) => `${text} `],
  ['with a flipped bit', (text) => text.replace('sha256:c', 'sha256:d').replace('"a"', '"b"')],
  ['of another form', () => '{"sha256":"","kept":{}}\n'],
  ['nothing', () => ''],
])('a text that is %s counts as none', (_, change) => {
  expect(parseListing(subject, 'c0ffee', change(listingText(subject, listing) ?? ''))).toBeUndefined();
  expect(parseHead(subject, change(headText(subject, 'c0ffee')).replace('c0ffee', 'decaf'))).toBeUndefined();
});

test('a text that fits its sum and no schema counts as none', () => {
  const text = listingText({ ...subject, ref: { ...ref, kind: 'dataset' } }, listing) ?? '';
  expect(parseListing(subject, 'c0ffee', text)).toBeUndefined();
  expect(parseHead(subject, listingText(subject, listing) ?? '')).toBeUndefined();
});
