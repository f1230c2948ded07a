// The table of what faults cost. Hides no row: those that cost more than they may are marked.

import os from 'node:os';
import { describeMachine } from '../../machine.ts';
import type { FaultRun } from './index.ts';

/** What a fault may cost, and a tenth for the noise of the machine. */
const MOST_SECONDS = 2.2;
const MOST_WARNINGS = 1;

interface FaultRow {
  readonly cells: readonly string[];
  readonly isOver: boolean;
}

/** @param runs of all rounds; those without a fault are what the others of their moment and round are compared with */
export function renderFaults(runs: readonly FaultRun[], rounds: number): string {
  const faulty = runs.filter(({ fault }) => fault !== undefined);
  const groups = Map.groupBy(faulty, ({ moment, fault }) => `${moment.protocol} ${moment.title} ${fault}`);
  const rows = [...groups.values()].map((group) => rowOf(group, runs));
  const over = rows.filter(({ isOver }) => isOver).length;
  return [
    `${new Date().toISOString().slice(0, 10)}; ${describeMachine(os.tmpdir())}.`,
    '',
    `${rows.length} faults, ${rounds} rounds, medians; the most warnings. ${over} of them cost more than ${MOST_SECONDS} s or ${MOST_WARNINGS} warning; they are in bold.`,
    '',
    '| Protocol, moment | Fault | Struck | Well, s | Wall, s | Cost, s | Warnings | Green | Files right | Saved |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- | ---: |',
    ...rows.map(({ cells }) => `| ${cells.join(' | ')} |`),
  ].join('\n');
}

function rowOf(group: readonly FaultRun[], runs: readonly FaultRun[]): FaultRow {
  const [first] = group;
  if (first === undefined) throw new Error('a fault without a run');
  const well = runs.filter(({ moment, fault }) => moment === first.moment && fault === undefined);
  const wellSeconds = median(well.map(wall));
  const seconds = median(group.map(wall));
  const costs = group.map((run, round) => wall(run) - wall(well[round] ?? run));
  const warnings = Math.max(...group.map(({ job }) => job.warnings.length));
  const isOver = median(costs) > MOST_SECONDS || warnings > MOST_WARNINGS;
  const bold = (text: string) => (isOver ? `**${text}**` : text);
  const all = (test: (run: FaultRun) => boolean) => (group.every(test) ? 'yes' : '**no**');
  const cells = [
    bold(`${first.moment.protocol}, ${first.moment.title}`),
    bold(first.fault ?? ''),
    group.every(({ struck }) => struck > 0) ? String(median(group.map(({ struck }) => struck))) : '**never**',
    wellSeconds.toFixed(1),
    seconds.toFixed(1),
    bold(median(costs).toFixed(1)),
    bold(String(warnings)),
    all(({ job }) => job.isGreen),
    all(({ job }) => job.isRight),
    String(median(group.map(({ saved }) => saved))),
  ];
  return { cells, isOver };
}

function wall({ job }: FaultRun): number {
  return job.mainSeconds + job.postSeconds;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}
