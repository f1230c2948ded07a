// aria2c with a checksum for every file, so that it verifies what it fetched and what lies there already.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isLarge } from '../site.ts';
import { type Peer, resolveUrl, type Task } from './peer.ts';

/** As many as there are large files; the connections are shared out among them. */
const FILES_AT_ONCE = 4;

export const aria2: Peer = {
  title: 'aria2c with checksums',
  verifies: true,
  programs: ['aria2c'],
  prepare(task) {
    const { ground, connections, authorityFile } = task;
    const list = path.join(ground, 'list');
    writeFileSync(list, listOf(task));
    mkdirSync(path.join(ground, 'files'), { recursive: true });
    const isMany = !task.revision.files.some(isLarge);
    const atOnce = isMany ? connections : Math.min(FILES_AT_ONCE, connections);
    const split = String(Math.max(1, Math.floor(connections / atOnce)));
    return {
      argv: [
        ...['aria2c', '--quiet', '--no-conf', '--input-file', list, '--dir', path.join(ground, 'files')],
        ...[
          '--check-integrity=true',
          '--continue=true',
          '--allow-overwrite=true',
          '--auto-file-renaming=false',
          '--file-allocation=none',
        ],
        ...['--max-concurrent-downloads', String(atOnce), '--split', split, '--max-connection-per-server', split],
        ...['--min-split-size=1M', '--max-tries=100', '--retry-wait=0'],
        ...(authorityFile === undefined ? [] : ['--ca-certificate', authorityFile]),
      ],
    };
  },
  filesFolder: ({ ground }) => path.join(ground, 'files'),
};

// The addresses of one file on one line, its options indented below.
function listOf(task: Task): string {
  const doors = task.secondDoor === undefined ? [task.door] : [task.door, task.secondDoor];
  const rows = task.revision.files.map((file) => {
    const addresses = doors.map((door) => resolveUrl(task, door, file)).join('\t');
    return `${addresses}\n  out=${file.path}\n  checksum=sha-256=${file.sha256}\n`;
  });
  return rows.join('');
}
