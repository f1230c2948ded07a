// The result as Markdown. Pure.

import { AIMS, type AimContext } from './aims.ts';
import { PEERS } from './peers/index.ts';
import { PEER_NAMES, type PeerName } from './peers/peer.ts';
import { type Cell, type Results, type Spread, wall } from './results.ts';
import { SHAPES, type ShapeName, shapeOf } from './shapes.ts';

export interface TableSetting extends AimContext {
  readonly shapes: readonly ShapeName[];
  readonly peers: readonly PeerName[];
  /** Clients that this machine does not have → the program that is missing. */
  readonly absent: ReadonlyMap<PeerName, string>;
  /** Machine, date, sizes: a line each. */
  readonly circumstances: readonly string[];
}

const MB = 1_000_000;
const NONE = '–';

export function renderTables(setting: TableSetting): string {
  return [
    setting.circumstances.map((line) => `- ${line}`).join('\n'),
    renderTable(
      ['Shape', 'Client', 'Wall, s', '× floor', '× best that verifies', 'CPU, s', 'Peak, MB', 'Files sent, MB'],
      setting.shapes.flatMap((shape) => setting.peers.map((peer) => rowOf(setting, [shape, peer])).filter(isShown)),
    ),
    renderTable(['Shape', 'Aim', 'Measured', 'Met'], aimRows(setting)),
  ].join('\n\n');
}

// A floor that a shape does not have is no news.
function isShown(row: readonly string[]): boolean {
  return row[2] !== 'no floor';
}

function rowOf(setting: TableSetting, cell: Cell): string[] {
  const [shape, peer] = cell;
  const { results } = setting;
  const head = [`${shape}: ${SHAPES[shape].title}`, PEERS[peer].title];
  const rest = (text: string) => [...head, text, ...Array.from({ length: 5 }, () => NONE)];
  const missing = setting.absent.get(peer);
  if (missing !== undefined) return rest(`absent: no ${missing}`);
  const refusal = PEERS[peer].refusal?.(shapeOf(shape));
  if (refusal !== undefined) return rest(refusal);
  const times = results.spread(cell, wall);
  const failures = results.failures(cell);
  if (times === undefined) return rest(failures.join('; ') || 'not run');
  const most = results.spread(cell, (run) => run.measured.peakBytes);
  const sent = results.spread(cell, (run) => run.traffic.fileBytes);
  return [
    ...head,
    [showSpread(times, 2), ...failures.map((text) => `also: ${text}`)].join('; '),
    showRatio(results.ratio(cell, [shape, 'floor'])),
    showBest(results, cell),
    showSpread(
      results.spread(cell, (run) => run.measured.cpuSeconds),
      2,
    ),
    most === undefined ? NONE : (most.max / MB).toFixed(0),
    sent === undefined || peer === 'floor' ? NONE : (sent.median / MB).toFixed(1),
  ];
}

// Against the fastest of the others that verify, by median.
function showBest(results: Results, cell: Cell): string {
  const [shape, peer] = cell;
  const others = PEER_NAMES.filter((name) => PEERS[name].verifies === true && name !== 'ours' && name !== peer);
  const times = results
    .finishers(shape, others)
    .map((name) => ({ name, seconds: results.spread([shape, name], wall)?.median ?? Number.POSITIVE_INFINITY }));
  const best = times.toSorted((a, b) => a.seconds - b.seconds)[0];
  return best === undefined ? NONE : showRatio(results.ratio(cell, [shape, best.name]));
}

function aimRows(setting: TableSetting): string[][] {
  const isWanted = (shape: ShapeName | 'all') => shape === 'all' || setting.shapes.includes(shape);
  return AIMS.filter(({ shape }) => isWanted(shape)).map(({ shape, text, judge }) => {
    const verdict = judge(setting);
    const refusal = shape === 'all' ? undefined : PEERS.ours.refusal?.(shapeOf(shape));
    const measured = verdict?.measured ?? refusal ?? 'not measured';
    return [shape, text, measured, verdict === undefined ? NONE : verdict.met ? 'met' : 'not met'];
  });
}

function showRatio(ratio: number | undefined): string {
  return ratio === undefined ? NONE : ratio.toFixed(2);
}

function showSpread(spread: Spread | undefined, digits: number): string {
  if (spread === undefined) return NONE;
  const [median, min, max] = [spread.median, spread.min, spread.max].map((value) => value.toFixed(digits));
  return `${median} (${min}–${max})`;
}

function renderTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
