// A mirror that is a pattern of addresses, such as a plain web server. It says where a file would be; whether it is there, and is
// the right one, shows when it is read.

import { algorithmOf, hexOf } from '../core/digest.ts';
import { fillPattern, type Mirror, mirrorName, type Placeholder } from '../core/mirror.ts';
import type { Source } from '../core/ports.ts';
import type { RemoteFile, Snapshot } from '../core/snapshot.ts';

/** Files whose sha256 nobody has told are not at an address that is made of it. */
export function createUrlPattern(mirror: Mirror): Source {
  return {
    name: mirrorName(mirror),
    kind: 'mirror',
    async locate(snapshot, file) {
      const values = valuesOf(snapshot, file);
      if (mirror.address.includes('{sha256}') && values.sha256 === '') return undefined;
      return { request: { method: 'GET', url: new URL(fillPattern(mirror.address, (name) => values[name])).href } };
    },
    refusal: () => undefined,
  };
}

function valuesOf({ ref, revision }: Snapshot, file: RemoteFile): Record<Placeholder, string> {
  const [owner = '', ...rest] = ref.repo.split('/');
  const sha256 = file.digests.find((digest) => algorithmOf(digest) === 'sha256');
  return {
    repo: encodePath(ref.repo),
    owner: encodeURIComponent(owner),
    name: encodePath(rest.join('/')),
    revision: encodeURIComponent(revision),
    path: encodePath(file.path),
    sha256: sha256 === undefined ? '' : hexOf(sha256),
  };
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
