// `~` in places.

import { expect, test } from 'vitest';
import { expandHome } from '../../../src/core/options/home.ts';

test.each([
  ['path', '~/models', '/home/u/models'],
  ['path', '~', '/home/u'],
  ['path', '  ~/a\n~\\b\n# ~\nc/~/d', '  /home/u/a\n/home/u\\b\n# ~\nc/~/d'],
  ['store', '~/store', '/home/u/store'],
  ['lock', '~/model.lock', '/home/u/model.lock'],
  ['path', '~other/models', '~other/models'],
  ['path', './~', './~'],
  ['include', '~/x', '~/x'],
  ['message', '~', '~'],
])('%s: %j', (name, text, expanded) => {
  expect(expandHome({ [name]: text }, '/home/u')).toEqual({ [name]: expanded });
});

test('a home whose name means something in a replacement', () => {
  expect(expandHome({ path: '~/m' }, '/home/$&')).toEqual({ path: '/home/$&/m' });
});
