// A repository as a folder that any web server can serve as a Hugging Face hub: listings are files, too. Writes, and serves nothing.

import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Fixture, FixtureFile, Revision } from './fixture.ts';

/** Writes `api/models/<id>…` (huggingface.md 2.1, 2.3), `info/<commit>/<path>.json` (what is asked about one file), and
 * `files/<commit>/<path>`, links to where the content lies. */
export function writeSite({ id, site, first }: Fixture, revision: Revision, contentOf: (path: string) => string): void {
  const { commit, files } = revision;
  const api = path.join('api', 'models', id);
  const head = { _id: first.commit.slice(0, 24), id, sha: commit };
  const write = (name: string, value: unknown) => {
    mkdirSync(path.dirname(path.join(site, name)), { recursive: true });
    writeFileSync(path.join(site, name), JSON.stringify(value));
  };
  for (const name of [revision.name, commit]) write(path.join(api, 'revision', `${name}.json`), head);
  if (revision.name === 'first') write(`${api}.json`, head);
  write(path.join(api, 'tree', `${commit}.json`), files.map(treeEntry));
  for (const folder of ['info', 'files']) {
    rmSync(path.join(site, folder, commit), { recursive: true, force: true });
    mkdirSync(path.join(site, folder, commit), { recursive: true });
  }
  for (const file of files) {
    write(path.join('info', commit, `${file.path}.json`), [treeEntry(file)]);
    symlinkSync(contentOf(file.path), path.join(site, 'files', commit, file.path));
  }
}

/** Whether a hub keeps the file in LFS and so redirects to its CDN. */
export function isLarge(file: { readonly path: string }): boolean {
  return file.path.endsWith('.safetensors');
}

function treeEntry(file: FixtureFile): object {
  const entry = { type: 'file', path: file.path, size: file.sizeBytes };
  return isLarge(file)
    ? { ...entry, lfs: { oid: file.sha256, size: file.sizeBytes } }
    : { ...entry, oid: file.gitSha1 };
}
