// How each client of the upload shape is started. Starts nothing.

import path from 'node:path';
import { TOKENS } from '../../fakes/access.ts';
import type { Command } from '../measure.ts';
import { OUR_COMMAND } from '../peers/ours.ts';

export const CLIENT_NAMES = ['ours', 'hub', 'floor'] as const;
export type ClientName = (typeof CLIENT_NAMES)[number];

export interface UploadTask {
  readonly hub: string;
  readonly sink: string;
  /** A repository that is not there yet. */
  readonly repository: string;
  readonly folder: string;
  /** Empty, and the client's own. */
  readonly ground: string;
  readonly connections: number;
}

export interface Client {
  readonly title: string;
  command(task: UploadTask): Command;
}

// Two lanes, each file hashed and then sent; largest first.
const FLOOR = `
lane() { while read -r file; do
  openssl dgst -sha256 "$file" >/dev/null && curl --silent --fail --output /dev/null -T "$file" "$sink/x" || return 1
done; }
sink=$1
cd "$2"
ls -S | awk 'NR % 2' | lane & first=$!
ls -S | awk 'NR % 2 == 0' | lane & second=$!
wait $first && wait $second
`;

export const CLIENTS: Readonly<Record<ClientName, Client>> = {
  ours: {
    title: 'model-fetch upload',
    command: ({ hub, repository, folder, ground, connections }) => ({
      argv: [
        ...[process.execPath, OUR_COMMAND, 'upload', `hf:${repository}`, '--endpoint', hub, '--path', folder],
        ...['--store', path.join(ground, 'store'), '--connections', String(connections)],
      ],
      env: { HF_TOKEN: TOKENS.writer },
    }),
  },
  hub: {
    title: '@huggingface/hub uploadFiles',
    command: ({ hub, repository, folder }) => ({
      argv: [process.execPath, path.join(import.meta.dirname, 'hub-upload.ts'), hub, repository, folder, TOKENS.writer],
    }),
  },
  floor: {
    title: 'floor: openssl and curl -T',
    command: ({ sink, folder }) => ({ argv: ['bash', '-c', FLOOR, 'floor', sink, folder] }),
  },
};
