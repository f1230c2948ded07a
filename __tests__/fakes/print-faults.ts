// `npm run faults`: the table of faults as text, a row a line: its name, the place where it strikes, what a good client makes of it.

import { FAULTS, placesOf, type Row, strikesAnswers } from './faults.ts';

const PLACE: Readonly<Record<string, string>> = {
  link: 'redirect',
  api: 'listing',
  cache: 'cache',
  hub: 'hub',
  cdn: 'CDN',
};

function placeOf(row: Row): string {
  if (!strikesAnswers(row)) return row.where;
  return placesOf(row)
    .map((place) => PLACE[place] ?? place)
    .join(', ');
}

function line(cells: readonly string[]): string {
  const widths = [56, 20];
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join('  ')
    .trimEnd();
}

const rows = FAULTS.map((row) => [row.name, placeOf(row), row.expect]);
const text = [['row', 'place', 'a good client'], ...rows].map(line).join('\n');
process.stdout.write(`${text}\n\n${FAULTS.length} rows\n`);
