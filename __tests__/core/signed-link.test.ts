// What of a signed link is masked.

import { expect, test } from 'vitest';
import { linkSecrets } from '../../src/core/signed-link.ts';

test.each([
  ['no query', 'https://h.test/a', []],
  ['one too short to guard anything', 'https://h.test/a?v=1', []],
  [
    'a signature, as it is written and as it reads',
    'https://h.test/a?sv=1&sig=abc%2Bdefgh%3D',
    ['sv=1&sig=abc%2Bdefgh%3D', 'sv=1&sig=abc+defgh=', 'abc%2Bdefgh%3D', 'abc+defgh='],
  ],
  ['what is no encoding', 'https://h.test/a?sig=%ZZabcdef', ['sig=%ZZabcdef', '%ZZabcdef']],
  [
    'another host’s word for it',
    'https://h.test/a?X-Amz-Signature=0123456789',
    ['X-Amz-Signature=0123456789', '0123456789'],
  ],
])('%s', (_, link, secrets) => {
  expect(linkSecrets(link)).toEqual(secrets);
});
