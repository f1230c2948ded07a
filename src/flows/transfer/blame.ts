// Who is to blame when a file's digest is wrong: at once where only one source wrote the bytes, else when the right ones are known.

import type { Range } from '../../core/http.ts';
import type { Source } from '../../core/ports.ts';
import { locateDamage } from '../../core/transfer/pieces.ts';
import { lengthOf, withoutRange } from '../../core/transfer/schedule.ts';
import { createLedger, type Ledger } from './ledger.ts';

export interface Blame {
  note(source: string, range: Range): void;
  /** Everything that was written is gone. */
  forgetAll(): void;
  /** What should be doubted first, should the digest turn out wrong: all that the origin did not write, where it wrote some. */
  doubtful(): readonly Range[];
  /** The digest was wrong. @param gone what must come again @param marks as they were hashed */
  accuse(gone: readonly Range[], marks: readonly string[]): Accused;
  /** The digest was right in the end. @returns who is now known to have sent wrong bytes */
  convict(marks: readonly string[]): string[];
}

export interface Accused {
  /** Sources that must not bring these bytes again, if any other can. */
  readonly suspects: readonly string[];
  /** Whether nobody else can have been it. */
  readonly isProved: boolean;
  /** Whether these bytes are gone only because they were doubted first. */
  readonly isGuess: boolean;
}

interface Case {
  readonly marks: readonly string[];
  readonly ledger: Ledger;
}

export function createBlame(sizeBytes: number, sources: readonly Source[]): Blame {
  const ledger = createLedger();
  const cases: Case[] = [];
  let doubtful: readonly Range[] = [];
  const all: readonly Range[] = [{ start: 0, end: sizeBytes }];
  const isOrigin = (name: string) => sources.some((source) => source.kind === 'origin' && source.name === name);

  return {
    note: ledger.note,
    forgetAll: () => ledger.forget(all),
    doubtful() {
      const strange = ledger.doubtful(sizeBytes, isOrigin);
      doubtful = lengthOf(strange) === sizeBytes ? [] : strange;
      return doubtful;
    },
    accuse(gone, marks) {
      cases.push({ marks, ledger: ledger.copy() });
      const writers = ledger.writersOf(gone);
      const strangers = writers.filter((name) => !isOrigin(name));
      const suspects = strangers.length > 0 ? strangers : writers;
      const isOurs = writers.some((name) => wroteAll(ledger, name, gone));
      const isGuess = doubtful.length > 0 && sameRanges(gone, doubtful);
      ledger.forget(gone);
      return { suspects, isProved: writers.length === 1 && isOurs && !isGuess, isGuess };
    },
    convict(marks) {
      if (marks.length === 0) return [];
      const guilty = cases.splice(0).flatMap((wrong) => {
        if (wrong.marks.length !== marks.length) return [];
        const piece = [locateDamage(marks, wrong.marks, sizeBytes)];
        return wrong.ledger.writersOf(piece).filter((name) => wroteAll(wrong.ledger, name, piece));
      });
      return [...new Set(guilty)];
    },
  };
}

function wroteAll(ledger: Ledger, name: string, ranges: readonly Range[]): boolean {
  const end = Math.max(0, ...ranges.map((range) => range.end));
  const others = ledger.doubtful(end, (writer) => writer === name);
  return lengthOf(ranges.reduce<readonly Range[]>(withoutRange, others)) === lengthOf(others);
}

function sameRanges(a: readonly Range[], b: readonly Range[]): boolean {
  return a.length === b.length && a.every(({ start, end }, index) => b[index]?.start === start && b[index].end === end);
}
