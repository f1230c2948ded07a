// `npm run faults`: the tables of faults as text, a row a line: its name, the place where it strikes, what a good client makes of it.

import type { Circumstance } from './faults/fault.ts';
import { FAULTS, placesOf, type Row, strikesAnswers } from './faults.ts';
import { hubsOf, STEP_FAULTS, type StepFault, UPLOAD_FAULTS } from './upload-faults.ts';

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

// The step is in the row's name; what is left to say is which hub, and when.
function momentOf(row: StepFault | Circumstance): string {
  if (!('when' in row)) return row.where;
  const hubs = hubsOf(row);
  return `${hubs.length === 2 ? 'both hubs' : hubs.join(', ')}, ${row.when}`;
}

function line(cells: readonly string[]): string {
  const widths = [56, 20];
  return cells
    .map((cell, index) => cell.padEnd(widths[index] ?? 0))
    .join('  ')
    .trimEnd();
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `${[head, ...rows].map(line).join('\n')}\n\n${rows.length} rows\n`;
}

const downloads = FAULTS.map((row) => [row.name, placeOf(row), row.expect]);
const uploads = UPLOAD_FAULTS.map((row) => [row.name, momentOf(row), row.expect]);
process.stdout.write(table(['row of a download', 'place', 'a good client'], downloads));
process.stdout.write(`\n${table(['row of a release', 'place', 'a good client'], uploads)}`);
process.stdout.write(`${STEP_FAULTS.length} of them strike steps\n`);
