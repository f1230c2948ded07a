// What hubs said earlier, as small texts that are kept beside the content. Read back they are strangers' text again, and what
// cannot be believed counts as nothing kept.

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type Digest, parseDigest } from '../digest.ts';
import type { ModelRef } from '../ref.ts';
import { LISTED_KINDS, type ListedFile, type Listing } from '../snapshot.ts';

const VERSION = 1;

/** Of whom something was asked. A listing of one site says nothing about another. */
export interface Subject {
  readonly ref: ModelRef;
  /** The address of the hub. */
  readonly endpoint: string;
}

/** The name under which the listing of one state is kept. No filter is part of it: what is kept is whole. */
export function listingName({ ref, endpoint }: Subject, revision: string): string {
  return nameOf('listing', [ref.hub, endpoint, ref.kind, ref.repo, revision]);
}

/** The name under which it is kept what a branch, a tag, a range, or no revision at all meant last. */
export function headName({ ref, endpoint }: Subject): string {
  return nameOf('head', [ref.hub, endpoint, ref.kind, ref.repo, ref.revision ?? '']);
}

function nameOf(what: string, parts: readonly string[]): string {
  return `${what}-${sha256(JSON.stringify(parts))}`;
}

/** The text to keep; undefined for a listing that is in trouble, which is better asked for again. */
export function listingText(subject: Subject, { revision, immutable, files }: Listing): string | undefined {
  if (files.some(({ trouble }) => trouble !== undefined)) return undefined;
  const rows = files.map(({ path, sizeBytes, kind, digests }) => [path, sizeBytes, kind, digests]);
  return seal({ ...about(subject), revision, immutable, files: rows });
}

/** The listing that a kept text holds; undefined when it is not that of this state, or not as it was written. */
export function parseListing(subject: Subject, revision: string, text: string): Listing | undefined {
  const kept = unseal(listingShape, text);
  if (kept === undefined || kept.revision !== revision || !isAbout(subject, kept)) return undefined;
  return { ref: subject.ref, revision, immutable: kept.immutable, files: kept.files };
}

/** The text that says what a reference means. */
export function headText(subject: Subject, revision: string): string {
  return seal({ ...about(subject), wanted: subject.ref.revision ?? '', revision });
}

/** What the reference meant then; undefined when the text is about another one, or not as it was written. */
export function parseHead(subject: Subject, text: string): string | undefined {
  const kept = unseal(headShape, text);
  return kept !== undefined && kept.wanted === (subject.ref.revision ?? '') && isAbout(subject, kept)
    ? kept.revision
    : undefined;
}

const aboutShape = v.object({
  version: v.literal(VERSION),
  hub: v.string(),
  endpoint: v.string(),
  kind: v.string(),
  repo: v.string(),
});

const fileShape = v.pipe(
  v.tuple([
    v.string(),
    // JSON has no NaN, which stands for a size that the hub did not give.
    v.nullable(v.number()),
    v.picklist(LISTED_KINDS),
    v.array(v.custom<Digest>((text) => typeof text === 'string' && parseDigest(text) !== undefined)),
  ]),
  v.transform(([path, size, kind, digests]): ListedFile => ({ path, sizeBytes: size ?? Number.NaN, kind, digests })),
);

const listingShape = v.object({
  ...aboutShape.entries,
  revision: v.string(),
  immutable: v.boolean(),
  files: v.array(fileShape),
});

const headShape = v.object({ ...aboutShape.entries, wanted: v.string(), revision: v.string() });

function about({ ref, endpoint }: Subject) {
  return { version: VERSION, hub: ref.hub, endpoint, kind: ref.kind, repo: ref.repo };
}

function isAbout(subject: Subject, kept: v.InferOutput<typeof aboutShape>): boolean {
  return Object.entries(about(subject)).every(([name, value]) => kept[name as keyof typeof kept] === value);
}

// A disk that forgets must not make a digest of its own.
function seal(kept: object): string {
  const text = JSON.stringify(kept);
  return `{"sha256":"${sha256(text)}","kept":${text}}\n`;
}

function unseal<S extends v.GenericSchema>(shape: S, text: string): v.InferOutput<S> | undefined {
  const [, sum, kept] = /^\{"sha256":"([0-9a-f]{64})","kept":(.*)\}\n$/s.exec(text) ?? [];
  if (sum === undefined || kept === undefined || sha256(kept) !== sum) return undefined;
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), shape), kept);
  return parsed.success ? parsed.output : undefined;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
