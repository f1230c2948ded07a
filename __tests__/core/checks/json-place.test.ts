// Where a text stops being JSON: the same texts are JSON as to the language's own parser, and the place is the first wrong character.

import { describe, expect, test } from 'vitest';
import { jsonFault, placeIn } from '../../../src/core/checks/json-place.ts';
import { createSeeded } from '../seeded.ts';

describe('the first wrong character', () => {
  test.each([
    ['{"a":NaN}', 5],
    ['{"a":1,}', 7],
    ['[1,]', 3],
    ['{"a" 1}', 5],
    ["{'a':1}", 1],
    ['{a:1}', 1],
    ['[01]', 2],
    ['[1.]', 2],
    ['[-]', 1],
    ['"a\nb"', 2],
    ['"a\\x"', 2],
    ['{"a":1}}', 7],
    ['[1}', 2],
    ['\ufeff{}', 0],
    ['// no\n{}', 0],
    ['', 0],
    ['{"a":', 5],
    ['"abc', 4],
    ['tru', 0],
  ])('%j', (text, offset) => {
    expect(jsonFault(text)).toBe(offset);
  });
});

test('a text is JSON when the parser of the language takes it', () => {
  const whole = JSON.stringify(
    { a: [1, -2.5e-3, true, null, 'x\n"\\é\u0001'], b: { c: {}, d: [] }, '': 0 },
    undefined,
    1,
  );
  const signs = [...'{}[]",:\\ -.0e1tn\nu'];
  const random = createSeeded(7);
  const pick = (limit: number) => Math.floor(random() * limit);
  let taken = 0;
  for (let run = 0; run < 4000; run += 1) {
    let text = whole;
    for (let left = 1 + pick(3); left > 0; left -= 1) {
      const at = pick(text.length);
      text = text.slice(0, at) + (random() < 0.5 ? signs[pick(signs.length)] : '') + text.slice(at + pick(2));
    }
    expect([text, jsonFault(text) === undefined]).toEqual([text, isJson(text)]);
    if (isJson(text)) taken += 1;
  }
  expect(taken).toBeGreaterThan(100);
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test('places count from 1', () => {
  expect([placeIn('{}', 0), placeIn('{\n "a"', 3), placeIn('a\n\n', 3)]).toEqual([
    'line 1, column 1',
    'line 2, column 2',
    'line 3, column 1',
  ]);
});
