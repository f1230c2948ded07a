// The outputs of a download, and the beginning of the one table of outputs: action.yml, README and what the action sets are made
// from it. What other modes tell besides is in a file each.

import type { CacheHit, Report } from './report.ts';

export interface OutputContext {
  readonly report: Report;
  /** The folder that holds the models: the model's own when there is one. */
  readonly folder: string;
  readonly reportPath: string;
}

export interface OutputRow {
  readonly description: string;
  value(context: OutputContext): string;
}

const lines = (values: readonly string[]): string => values.join('\n');

export const OUTPUTS = {
  path: {
    description: 'Folder of the files; with several models the folder that holds theirs.',
    value: ({ folder }) => folder,
  },
  paths: {
    description: 'JSON object: each reference → its folder.',
    value: ({ report }) => JSON.stringify(Object.fromEntries(report.models.map((model) => [model.ref, model.path]))),
  },
  revision: {
    description:
      'Immutable revision that was fetched, locked or published: the commit where the hub tells it. One a line, as in `model`.',
    value: ({ report }) => lines(report.models.map((model) => model.revision)),
  },
  'snapshot-id': {
    description: 'sha256 over paths, sizes and digests of all files: the same content has the same id. One a line.',
    value: ({ report }) => lines(report.models.map((model) => model.snapshotId)),
  },
  'cache-hit': {
    description: '`true` when no byte came from a hub, `partial` when some did, `false` when all did.',
    value: ({ report }) => joinHits(report.models.map((model) => model.cacheHit)),
  },
  'files-total': { description: 'Files of all models.', value: ({ report }) => String(report.totals.files) },
  'files-downloaded': {
    description: 'Files that came over the network from a hub or a mirror.',
    value: ({ report }) => String(report.totals.filesDownloaded),
  },
  'bytes-total': { description: 'Bytes of all files.', value: ({ report }) => String(report.totals.bytes) },
  'bytes-downloaded': {
    description: 'Bytes that came from hubs and mirrors, bytes that had to be sent twice included.',
    value: ({ report }) => String(report.totals.bytesDownloaded),
  },
  sources: {
    description: 'JSON object: each source → bytes that it sent; the runner cache is `cache`.',
    value: ({ report }) => JSON.stringify(report.totals.sources),
  },
  report: {
    description: 'Path of the JSON report: every file with its size, sha256, and what became of it.',
    value: ({ reportPath }) => reportPath,
  },
} as const satisfies Record<string, OutputRow>;

export type OutputName = keyof typeof OUTPUTS;

/** All outputs of a download, as the text that later steps read. */
export function createOutputs(context: OutputContext): Record<OutputName, string> {
  const entries = Object.entries(OUTPUTS).map(([name, row]) => [name, row.value(context)]);
  return Object.fromEntries(entries) as Record<OutputName, string>;
}

function joinHits(hits: readonly CacheHit[]): CacheHit {
  const [first] = hits;
  return first !== undefined && hits.every((hit) => hit === first) ? first : 'partial';
}
