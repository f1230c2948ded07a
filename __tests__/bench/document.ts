// Puts the tables between their markers in docs/benchmarks.md, and touches nothing else there.

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const DOCUMENT = path.join(import.meta.dirname, '..', '..', 'docs', 'benchmarks.md');

/** What has a place of its own in the page. */
export type Part = 'upload release' | 'upload flat' | 'cache faults';

/** @param part of the page; that of the shapes when not given
 * @throws Error when a marker is missing */
export function writeResults(tables: string, part: Part | 'results' = 'results'): void {
  const BEGIN = `<!-- ${part}: begin -->`;
  const END = `<!-- ${part}: end -->`;
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, after] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (before < 0 || after < before) throw new Error(`docs/benchmarks.md lacks ${BEGIN} or ${END}.`);
  writeFileSync(DOCUMENT, `${text.slice(0, before)}${BEGIN}\n\n${tables}\n\n${text.slice(after)}`);
}
