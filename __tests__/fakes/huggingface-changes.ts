// The lines of a commit, read and turned into changes of a repository, each refused by itself (huggingface.md 5.6).

import { findBlob } from './blob-search.ts';
import { type Body, createBody } from './content.ts';
import { type HuggingfaceHub, refusal } from './huggingface-hub.ts';
import { toObject } from './json-body.ts';
import type { Change, Commit, Entry, Repository } from './repository.ts';

export interface CommitLines {
  readonly header: {
    readonly summary: string;
    readonly description: string;
    readonly parentCommit: string | undefined;
  };
  readonly operations: readonly Operation[];
}

interface Operation {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

/** @throws 400 for a body that is no list of operations with a header in front */
export function readLines(text: string): CommitLines {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const [first, ...operations] = lines.map((line): Operation => {
    const { key, value } = toObject(line);
    if (typeof key !== 'string' || typeof value !== 'object' || value === null) throw refusal(400, 'Invalid line');
    return { key, value: value as Operation['value'] };
  });
  if (first?.key !== 'header') throw refusal(400, 'The first line must be the header');
  const { summary, description, parentCommit } = first.value;
  if (typeof summary !== 'string' || summary === '') throw refusal(400, '"summary" is required');
  const said = { summary, description: typeof description === 'string' ? description : '' };
  return { header: { ...said, parentCommit: parentCommit == null ? undefined : String(parentCommit) }, operations };
}

export interface Ground {
  readonly hub: HuggingfaceHub;
  readonly repository: Repository;
  readonly parent: Commit;
}

/** What the operations do to the files of the parent. @throws 400, 404 as the hub words it, and then nothing was done */
export async function toChanges(ground: Ground, operations: readonly Operation[]): Promise<Map<string, Change>> {
  const changes = new Map<string, Change>();
  for (const { key, value } of operations) {
    const path = checkPath(value['path'], key === 'deletedFolder' || key === 'deletedEntry');
    const read = READERS[key];
    if (read === undefined) throw refusal(400, `Unknown operation ${key}`);
    for (const [changed, change] of await read(ground, path, value)) changes.set(changed, change);
    if (typeof value['oldPath'] === 'string') changes.set(existing(ground, value['oldPath']).path, null);
  }
  return changes;
}

type Reader = (ground: Ground, path: string, value: Operation['value']) => Changed | Promise<Changed>;
type Changed = readonly (readonly [path: string, change: Change])[];

const READERS: Readonly<Record<string, Reader>> = {
  file: inlineFile,
  lfsFile: largeFile,
  deletedFile: (ground, path) => [[existing(ground, path).path, null]],
  deletedFolder: (ground, path) => folder(ground, path),
  deletedEntry: (ground, path) => (ground.parent.entries.has(path) ? [[path, null]] : folder(ground, path)),
};

function inlineFile({ hub }: Ground, path: string, { content, encoding }: Operation['value']): Changed {
  if (typeof content !== 'string' || !['base64', 'utf-8'].includes(String(encoding))) {
    throw refusal(400, `Invalid content of ${path}`);
  }
  const bytes = Buffer.from(content, encoding === 'base64' ? 'base64' : 'utf8');
  if (bytes.length > hub.options.upload.inlineLimitBytes) {
    throw refusal(400, `Your push was rejected because it contains files larger than 10 MiB: ${path}`);
  }
  if (bytes.includes(0)) throw refusal(400, `Your push was rejected because it contains binary files: ${path}`);
  return [[path, { content: bytes, isLarge: false }]];
}

// An object that nobody sent is refused; without a size it is a copy of one that is known.
async function largeFile(ground: Ground, path: string, { oid, size, algo }: Operation['value']): Promise<Changed> {
  if (algo !== 'sha256' || path.length > 1000) throw refusal(400, `Invalid LFS file ${path}`);
  const content = await storedBlob(ground, String(oid), size);
  if (content === undefined) throw refusal(400, `LFS object ${oid} of ${path} does not exist`);
  return [[path, { content, isLarge: true }]];
}

async function storedBlob({ hub, repository, parent }: Ground, oid: string, size: unknown): Promise<Body | undefined> {
  // The clients may send an empty file as a large one, which needs no storage.
  if (size === 0) return createBody('');
  const thresholdBytes = hub.options.lfsThresholdBytes;
  if (typeof size === 'number') {
    return findBlob({ shelf: hub.shelfOf(repository), thresholdBytes }, { oid, sizeBytes: size }, [repository]);
  }
  for (const entry of parent.entries.values()) {
    if (repository.isLarge(entry, thresholdBytes) && (await entry.body.digests()).sha256 === oid) return entry.body;
  }
  return undefined;
}

function existing({ parent }: Ground, path: string): Entry {
  const entry = parent.entries.get(path);
  if (entry === undefined) throw refusal(404, `A file with this name doesn't exist: ${path}`, 'EntryNotFound');
  return entry;
}

function folder({ parent }: Ground, path: string): Changed {
  const prefix = path.endsWith('/') ? path : `${path}/`;
  const below = [...parent.entries.keys()].filter((name) => name.startsWith(prefix));
  if (below.length === 0) throw refusal(404, `A file with this name doesn't exist: ${path}`, 'EntryNotFound');
  return below.map((name) => [name, null] as const);
}

function checkPath(path: unknown, isFolder: boolean): string {
  const text = typeof path === 'string' ? path : '';
  const segments = (isFolder ? text.replace(/\/$/, '') : text).split('/');
  const isBad = segments.some((segment) => ['', '.', '..', '.git'].includes(segment));
  if (isBad) throw refusal(400, `Invalid path: ${text}`);
  return text;
}
