// Where things lie in a store: the one place that makes these names. Pure naming; touches no file.

import { join, resolve } from 'node:path';
import { algorithmOf, type Digest, hexOf } from '../../core/digest.ts';

const VERSION = 'v1';

/** Every path of one store, absolute. A new layout is a new version folder beside the old one. */
export interface Layout {
  readonly folder: string;
  /** Tells backup programs to pass the store by. */
  readonly tag: string;
  /** Says with which layout the version folder was written, to the letter. */
  readonly format: string;
  readonly staging: string;
  /** The folders that garbage collection walks. */
  readonly roots: { readonly blobs: string; readonly partials: string };
  /** Read-only content by its sha256 in hex. */
  blob(sha256: string): string;
  /** What was known of a blob when its bytes were last hashed. */
  receipt(sha256: string): string;
  /** The sha256 of each beginning of a blob, piece by piece, as they were when it was proved. */
  marks(sha256: string): string;
  /** What hashing a file of the user's gave, by a name made from what the file is. */
  origin(sha256: string): string;
  readonly origins: string;
  /** Holds the sha256 of the content that git names so. */
  alias(gitSha1: string): string;
  /** The folder of all partial downloads of one content. */
  partials(digest: Digest): string;
  partial(digest: Digest, owner: string): Partial;
  /** Who is bringing this content in. */
  lease(digest: Digest): string;
  readonly leases: string;
  /** Records of what runs needed, by kind. */
  records(kind: RecordKind): string;
  record(kind: RecordKind, name: string): string;
  /** A text that is kept by name: what a hub said. */
  kept(name: string): string;
  readonly keptTexts: string;
  /** A private name on the store's volume: a file or a folder. */
  staged(name: string, owner: string): string;
}

/** `holds`: by runs that go on. `uses`: by runs at any time; their age tells how long ago. `pins`: by lock files. */
export const RECORD_KINDS = ['holds', 'uses', 'pins'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

/** One partial download. */
export interface Partial {
  readonly folder: string;
  readonly data: string;
  readonly journal: string;
}

export function createLayout(folder: string): Layout {
  const root = resolve(folder);
  const top = join(root, VERSION);
  const partials = (digest: Digest) => join(top, 'partials', plainName(digest));
  return {
    folder: root,
    tag: join(root, 'CACHEDIR.TAG'),
    format: join(top, 'format'),
    staging: join(top, 'staging'),
    roots: { blobs: join(top, 'blobs', 'sha256'), partials: join(top, 'partials') },
    blob: (sha256) => join(top, 'blobs', 'sha256', ...fanOut(sha256)),
    receipt: (sha256) => `${join(top, 'receipts', ...fanOut(sha256))}.json`,
    marks: (sha256) => `${join(top, 'marks', ...fanOut(sha256))}.json`,
    origin: (sha256) => `${join(top, 'origins', ...fanOut(sha256))}.json`,
    origins: join(top, 'origins'),
    alias: (gitSha1) => join(top, 'aliases', 'git-sha1', ...fanOut(gitSha1)),
    partials,
    partial: (digest, owner) => partialIn(join(partials(digest), owner)),
    lease: (digest) => join(top, 'leases', plainName(digest)),
    leases: join(top, 'leases'),
    records: (kind) => join(top, kind),
    record: (kind, name) => join(top, kind, checkName(name)),
    kept: (name) => `${join(top, 'kept', checkName(name))}.json`,
    keptTexts: join(top, 'kept'),
    staged: (name, owner) => join(top, 'staging', `${checkName(name)}-${owner}`),
  };
}

function partialIn(folder: string): Partial {
  return { folder, data: join(folder, 'data'), journal: join(folder, 'journal') };
}

function plainName(digest: Digest): string {
  return `${algorithmOf(digest)}-${checkHex(hexOf(digest))}`;
}

function fanOut(hex: string): [string, string] {
  return [checkHex(hex).slice(0, 2), hex];
}

// A digest becomes a path here and nowhere else, so this is where a wrong one must not pass.
function checkHex(hex: string): string {
  if (!/^[0-9a-f]{40,64}$/.test(hex)) throw new Error(`not the hex of a digest: ${JSON.stringify(hex)}`);
  return hex;
}

/** A plain name, or a bug. */
export function checkName(name: string): string {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(name)) throw new Error(`not a plain name: ${JSON.stringify(name)}`);
  return name;
}
