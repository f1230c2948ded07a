// What the main step leaves for the post step, and how it is read back: other steps ran in between, so it must be what was written, to
// the letter, and what an entry is called follows from its files.

import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { type CachePart, cachePart } from '../core/cache/key.ts';
import { CACHE_TROUBLES, type CacheTrouble } from '../core/cache/warnings.ts';
import { type Digest, parseDigest } from '../core/digest.ts';
import { ModelFetchError } from '../core/errors.ts';
import { repoPath } from '../core/repo-path.ts';

export interface PostState {
  /** As the `store` option gave it. */
  readonly store: string | null;
  /** None when the cache has failed. */
  readonly parts: readonly CachePart[];
  /** What its faults have cost so far, and what was told of them. */
  readonly spentMs: number;
  readonly told: readonly CacheTrouble[];
}

export interface WrittenPostState {
  /** For a file that any step of the job can write to. */
  readonly json: object;
  /** For a place that none can write to. */
  readonly seal: string;
}

export function formatPostState({ store, parts, spentMs, told }: PostState): WrittenPostState {
  const json = { store, spentMs, told, parts: parts.map(({ repository, files }) => ({ repository, files })) };
  return { json, seal: sealOf(json) };
}

const digest = v.custom<Digest>((text) => typeof text === 'string' && parseDigest(text) !== undefined);

const stateShape = v.object({
  store: v.nullable(v.string()),
  spentMs: v.pipe(v.number(), v.minValue(0)),
  told: v.array(v.picklist(CACHE_TROUBLES)),
  parts: v.array(
    v.pipe(
      v.object({
        repository: v.string(),
        files: v.array(
          v.object({
            path: v.pipe(v.string(), v.transform(repoPath)),
            sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
            digests: v.tupleWithRest([digest], digest),
          }),
        ),
      }),
      v.transform(({ repository, files }) => cachePart(repository, files)),
    ),
  ),
});

/** @throws CACHE_SAVE, ValiError when it is not what the main step wrote */
export function parsePostState(json: unknown, seal: string): PostState {
  if (sealOf(json) !== seal) {
    throw new ModelFetchError('CACHE_SAVE', 'What the main step left for this one was changed by another step.');
  }
  return v.parse(stateShape, json);
}

// JSON keeps its order when it is written and read.
function sealOf(json: unknown): string {
  return createHash('sha256').update(JSON.stringify(json)).digest('hex');
}
