// The committed command.

import path from 'node:path';
import { type Peer, trust } from './peer.ts';

/** The bundle. */
export const OUR_COMMAND = path.join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'index.js');

export const ours: Peer = {
  title: 'model-fetch',
  verifies: true,
  programs: [],
  prepare: (task) => ({
    argv: [
      ...[process.execPath, OUR_COMMAND, 'download', `hf:${task.fixture.id}@${task.revision.name}`],
      ...['--endpoint', task.door.hubUrl, '--connections', String(task.connections)],
      ...(task.secondDoor === undefined ? [] : ['--mirrors', task.secondDoor.hubUrl]),
      ...['--store', path.join(task.ground, 'store'), '--path', path.join(task.ground, 'files')],
    ],
    env: trust(task),
  }),
  filesFolder: ({ ground }) => path.join(ground, 'files'),
};
