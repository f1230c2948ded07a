// Where a text stops being JSON. The parser of the language shows some of the text instead, which may be somebody's secret. Pure.

/** What may stand next: a value, a value or the end of its list, a key, a key or the end of its map, a colon, or what follows a value. */
type Wanted = 'value' | 'item' | 'key' | 'member' | 'colon' | 'next';

const BLANK = /[ \t\n\r]*/y;
/** Neither a quote, a backslash nor a control character. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const WORD = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

interface Reading {
  readonly text: string;
  at: number;
  wanted: Wanted;
  /** Brackets that are open, the innermost last. */
  readonly open: string[];
}

/** Offset of the first character that has no place in JSON, or the length of a text that ends too early; undefined when it is JSON. */
export function jsonFault(text: string): number | undefined {
  const reading: Reading = { text, at: 0, wanted: 'value', open: [] };
  for (;;) {
    pass(reading, BLANK);
    if (reading.at === text.length && reading.wanted === 'next' && reading.open.length === 0) return undefined;
    if (!take(reading)) return reading.at;
  }
}

/** Lines and columns count from 1. */
export function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset);
  return `line ${before.split('\n').length}, column ${offset - before.lastIndexOf('\n')}`;
}

function pass(reading: Reading, pattern: RegExp): boolean {
  pattern.lastIndex = reading.at;
  if (!pattern.test(reading.text)) return false;
  reading.at = pattern.lastIndex;
  return true;
}

function take(reading: Reading): boolean {
  const { wanted, text, at } = reading;
  const sign = text[at] ?? '';
  if (sign === '') return false;
  if (wanted === 'next') return takeNext(reading, sign);
  if (wanted === 'colon') return sign === ':' && goOn(reading, 'value');
  if (wanted === 'member' && sign === '}') return close(reading);
  if (wanted === 'item' && sign === ']') return close(reading);
  if (sign === '"') return takeString(reading, wanted === 'key' || wanted === 'member' ? 'colon' : 'next');
  return wanted !== 'key' && wanted !== 'member' && takeValue(reading, sign);
}

function takeNext(reading: Reading, sign: string): boolean {
  const bracket = reading.open.at(-1);
  if (bracket === undefined) return false;
  if (sign === ',') return goOn(reading, bracket === '{' ? 'key' : 'value');
  return sign === (bracket === '{' ? '}' : ']') && close(reading);
}

function takeValue(reading: Reading, sign: string): boolean {
  if (sign === '{' || sign === '[') {
    reading.open.push(sign);
    return goOn(reading, sign === '{' ? 'member' : 'item');
  }
  reading.wanted = 'next';
  return pass(reading, WORD);
}

function takeString(reading: Reading, then: Wanted): boolean {
  reading.at += 1;
  do pass(reading, PLAIN);
  while (pass(reading, ESCAPE));
  return reading.text[reading.at] === '"' && goOn(reading, then);
}

function close(reading: Reading): boolean {
  reading.open.pop();
  return goOn(reading, 'next');
}

function goOn(reading: Reading, wanted: Wanted): boolean {
  reading.at += 1;
  reading.wanted = wanted;
  return true;
}
