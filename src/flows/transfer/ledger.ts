// Which source wrote which bytes of one file, so that wrong ones can be charged. Keeps books; blames nobody.

import type { Range } from '../../core/http.ts';
import { mergeRanges, withoutRange } from '../../core/transfer/schedule.ts';

export interface Ledger {
  note(source: string, range: Range): void;
  /** The ranges no longer hold what was written. */
  forget(ranges: readonly Range[]): void;
  /** Who wrote some of these bytes. */
  writersOf(ranges: readonly Range[]): string[];
  /** What nobody but these sources wrote, bytes of an earlier run included. @param isTrusted tells by a source's name */
  doubtful(sizeBytes: number, isTrusted: (source: string) => boolean): Range[];
  /** As it is now. */
  copy(): Ledger;
}

export function createLedger(before: ReadonlyMap<string, readonly Range[]> = new Map()): Ledger {
  const written = new Map(before);
  return {
    note(source, range) {
      written.set(source, mergeRanges([...(written.get(source) ?? []), range]));
    },
    forget(ranges) {
      for (const [source, own] of written) {
        written.set(source, ranges.reduce<readonly Range[]>(withoutRange, own));
      }
    },
    writersOf(ranges) {
      return [...written].filter(([, own]) => own.some((a) => ranges.some((b) => overlap(a, b)))).map(([name]) => name);
    },
    doubtful(sizeBytes, isTrusted) {
      const trusted = [...written].filter(([source]) => isTrusted(source)).flatMap(([, own]) => own);
      return trusted.reduce<Range[]>(withoutRange, sizeBytes === 0 ? [] : [{ start: 0, end: sizeBytes }]);
    },
    copy: () => createLedger(written),
  };
}

function overlap(a: Range, b: Range): boolean {
  return a.start < b.end && b.start < a.end;
}
