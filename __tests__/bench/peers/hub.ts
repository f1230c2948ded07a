// The official JavaScript client, as its users call it: one repository into its cache folder, one file after another.

import path from 'node:path';
import { type Peer, trust } from './peer.ts';

export const hub: Peer = {
  title: '@huggingface/hub snapshotDownload',
  verifies: false,
  programs: [],
  refusal: ({ secondDoor }) => (secondDoor === undefined ? undefined : 'one source only'),
  prepare: (task) => ({
    argv: [
      ...[process.execPath, path.join(import.meta.dirname, 'hub-download.ts')],
      ...[task.door.hubUrl, task.fixture.id, task.revision.name, path.join(task.ground, 'cache')],
    ],
    env: trust(task),
  }),
  filesFolder: ({ ground, fixture, revision }) =>
    path.join(ground, 'cache', `models--${fixture.id.replaceAll('/', '--')}`, 'snapshots', revision.commit),
};
