// What lies between the main step and the post step, where any step of the job can write.

import { expect, test } from 'vitest';
import { cacheParts } from '../../src/core/cache/key.ts';
import { formatPostState, parsePostState } from '../../src/entry/post-state.ts';
import { snapshotOf } from '../core/sample.ts';

const PARTS = cacheParts({ hub: 'modelscope', kind: 'model', repo: 'o/n' }, [
  ...snapshotOf(['a', 'b'], 10).files,
  ...snapshotOf(['c'], 9_000_000).files,
]);
const { json, seal } = formatPostState({ store: null, parts: PARTS, spentMs: 700, told: ['failing'] });
const read = (): { store: unknown; parts: { repository: string; files: object[] }[] } =>
  JSON.parse(JSON.stringify(json, null, 2));

test('comes back as it was, under the names that follow from the files', () => {
  expect(parsePostState(read(), seal)).toEqual({ store: null, parts: PARTS, spentMs: 700, told: ['failing'] });
  expect(JSON.stringify(json)).not.toContain('model-fetch-v1');
});

test.each<[string, (state: ReturnType<typeof read>) => unknown]>([
  ['another store', (state) => ({ ...state, store: '/elsewhere' })],
  ['a part less', (state) => ({ ...state, parts: state.parts.slice(1) })],
  [
    'a part of another repository',
    (state) => ({ ...state, parts: state.parts.map((part) => ({ ...part, repository: 'x:o/m' })) }),
  ],
  [
    'a file more',
    (state) => ({ ...state, parts: [{ ...state.parts[0], files: [...(state.parts[0]?.files ?? []), {}] }] }),
  ],
  ['less spent', (state) => ({ ...state, spentMs: 0 })],
  ['nothing', () => null],
])('is refused with %s', (_, change) => {
  expect(() => parsePostState(change(read()), seal)).toThrow(expect.objectContaining({ code: 'CACHE_SAVE' }));
});

test('is refused without a seal', () => {
  expect(() => parsePostState(read(), '')).toThrow(expect.objectContaining({ code: 'CACHE_SAVE' }));
});
