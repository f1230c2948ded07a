// Which source brings the next range, by a clock that the test turns.

import { describe, expect, test } from 'vitest';
import { createRanking, type Ranking } from '../../../src/core/transfer/ranking.ts';

const MIB = 1024 * 1024;

function ground() {
  let nowMs = 0;
  const ranking = createRanking(() => nowMs);
  const pass = (ms: number) => {
    nowMs += ms;
  };
  /** One connection that waits and then brings so much a second, for a second. */
  const show = (name: string, waitMs: number, bytesPerSecond: number) => {
    const gauge = ranking.begin(name);
    pass(waitMs);
    gauge.head();
    for (let step = 0; step < 10; step += 1) {
      pass(100);
      gauge.note(bytesPerSecond / 10);
    }
    gauge.end();
  };
  return { ranking, pass, show };
}

const chosen = (ranking: Ranking, rangeBytes = 16 * MIB) => ranking.choose(['a', 'b'], rangeBytes);

describe('a connection that nothing comes from', () => {
  const isSilent = (bytesPerTenth: number, patienceMs?: number) => {
    const { ranking, pass } = ground();
    const gauge = ranking.begin('a', patienceMs);
    gauge.head();
    gauge.note(MIB);
    for (let step = 1; ; step += 1) {
      pass(100);
      if (bytesPerTenth > 0) gauge.note(bytesPerTenth);
      if (gauge.leftMs(8 * MIB) === Number.POSITIVE_INFINITY) return step * 100;
      if (step === 50) return undefined;
    }
  };
  test.each([
    ['after a second', 0, undefined, 1000],
    ['a trickle, too, whatever came before it', 1000, undefined, 1300],
    ['sooner where less may be waited for', 0, 700, 500],
  ])('is known as such %s', (_, bytes, patienceMs, expectedMs) => {
    expect(isSilent(bytes, patienceMs)).toBeLessThanOrEqual(expectedMs);
  });
  test('one that is slow is not', () => {
    expect(isSilent(20_000)).toBeUndefined();
  });
});

describe('the next range', () => {
  test('is spread over sources that nobody has measured', () => {
    const { ranking } = ground();
    const first = chosen(ranking);
    ranking.begin(first);
    const second = chosen(ranking);
    ranking.begin(second);
    expect([first, second]).toEqual(['a', 'b']);
    ranking.begin('a');
    expect(chosen(ranking)).toBe('b');
  });

  test('goes to the quicker one', () => {
    const { ranking, show } = ground();
    show('a', 10, 5 * MIB);
    show('b', 10, 50 * MIB);
    expect(chosen(ranking)).toBe('b');
  });

  test('goes to the one that answers sooner when it is short', () => {
    const { ranking, show } = ground();
    show('a', 10, 5 * MIB);
    show('b', 500, 50 * MIB);
    expect([chosen(ranking, 1000), chosen(ranking, 64 * MIB)]).toEqual(['a', 'b']);
  });

  test('tries one that has sent only short answers so far', () => {
    const { ranking, pass, show } = ground();
    show('a', 10, 50 * MIB);
    const gauge = ranking.begin('b');
    pass(5);
    gauge.head();
    gauge.note(100);
    gauge.end();
    expect([chosen(ranking, 1000), chosen(ranking)]).toEqual(['b', 'b']);
  });

  test('tries one again that was measured long ago', () => {
    const { ranking, pass, show } = ground();
    show('a', 10, 5 * MIB);
    pass(25_000);
    show('b', 10, 50 * MIB);
    expect(chosen(ranking)).toBe('a');
    ranking.begin('a');
    expect(chosen(ranking)).toBe('b');
  });

  test('does not try one again that never answered', () => {
    const { ranking, pass, show } = ground();
    const gauge = ranking.begin('a');
    pass(3000);
    gauge.end();
    show('b', 10, 50 * MIB);
    expect(chosen(ranking, 1000)).toBe('b');
  });
});

describe('a connection', () => {
  test('is not judged in its first second', () => {
    const { ranking, pass } = ground();
    const gauge = ranking.begin('a');
    pass(900);
    expect(gauge.leftMs(MIB)).toBeUndefined();
    gauge.head();
    pass(900);
    expect(gauge.leftMs(MIB)).toBeUndefined();
  });

  test('that has not answered takes for ever, once it is late for its source', () => {
    const { ranking, pass, show } = ground();
    show('a', 1000, MIB);
    const gauge = ranking.begin('a');
    pass(3900);
    expect(gauge.leftMs(MIB)).toBeUndefined();
    pass(200);
    expect(gauge.leftMs(MIB)).toBe(Number.POSITIVE_INFINITY);
  });

  test('takes what its own speed says', () => {
    const { ranking, pass } = ground();
    const gauge = ranking.begin('a');
    gauge.head();
    for (let step = 0; step < 20; step += 1) {
      pass(100);
      gauge.note(MIB / 10);
    }
    expect(gauge.leftMs(10 * MIB)).toBeCloseTo(10_000, -1);
  });

  test('that falls silent takes longer and longer', () => {
    const { ranking, pass } = ground();
    const gauge = ranking.begin('a');
    gauge.head();
    for (let step = 0; step < 20; step += 1) {
      pass(100);
      gauge.note(MIB);
    }
    pass(5000);
    expect(gauge.leftMs(MIB)).toBe(Number.POSITIVE_INFINITY);
  });
});

test('speed is what one connection brought lately', () => {
  const { ranking, show } = ground();
  expect(ranking.perSecond('a')).toBeUndefined();
  show('a', 10, 8 * MIB);
  expect(ranking.perSecond('a')).toBeCloseTo(8 * MIB, -5);
});
