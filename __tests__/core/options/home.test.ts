// `~` in places.

import { expect, test } from 'vitest';
import { expandHome } from '../../../src/core/options/home.ts';

const HERE = { home: '/home/u', platform: 'linux' };

test.each([
  ['path', '~/models', '/home/u/models'],
  ['path', '~', '/home/u'],
  ['path', '  ~/a\n~\n# ~\nc/~/d', '  /home/u/a\n/home/u\n# ~\nc/~/d'],
  ['path', '~\\b', '~\\b'],
  ['store', '~/store', '/home/u/store'],
  ['lock', '~/model.lock', '/home/u/model.lock'],
  ['path', '~other/models', '~other/models'],
  ['path', './~', './~'],
  ['include', '~/x', '~/x'],
  ['message', '~', '~'],
])('%s: %j', (name, text, expanded) => {
  expect(expandHome({ [name]: text }, HERE)).toEqual({ [name]: expanded });
});

test('a home whose name means something in a replacement', () => {
  expect(expandHome({ path: '~/m' }, { ...HERE, home: '/home/$&' })).toEqual({ path: '/home/$&/m' });
});

test('on Windows both slashes are slashes', () => {
  const user = { home: 'C:\\Users\\u', platform: 'win32' };
  expect(expandHome({ path: '~\\a\n~/b\n~c' }, user)).toEqual({ path: 'C:\\Users\\u\\a\nC:\\Users\\u/b\n~c' });
});
