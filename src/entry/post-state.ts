// What the main step leaves for the post step, and how it is read back: other steps ran in between, so nothing in it is taken on trust.

import * as v from 'valibot';
import type { CachePart } from '../core/cache-key.ts';
import { toDigest } from '../core/digest.ts';
import { repoPath } from '../core/repo-path.ts';

export interface PostState {
  /** As the `store` option gave it. */
  readonly store: string | null;
  readonly parts: readonly CachePart[];
}

const digest = v.pipe(
  v.string(),
  v.transform((text) => {
    const [algorithm, hex] = text.split(':');
    return algorithm === 'sha256' || algorithm === 'git-sha1' ? toDigest(algorithm, hex) : undefined;
  }),
  v.nonOptional(v.custom<`sha256:${string}` | `git-sha1:${string}`>((value) => typeof value === 'string')),
);

const stateShape = v.object({
  store: v.nullable(v.string()),
  parts: v.array(
    v.object({
      kind: v.picklist(['blob', 'pack']),
      entry: v.object({
        key: v.string(),
        restoreKeys: v.array(v.string()),
        folder: v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/)),
      }),
      files: v.array(
        v.object({
          path: v.pipe(v.string(), v.transform(repoPath)),
          sizeBytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
          digests: v.tupleWithRest([digest], digest),
        }),
      ),
    }),
  ),
});

/** @throws when the file does not hold what the main step wrote. */
export function parsePostState(json: unknown): PostState {
  return v.parse(stateShape, json);
}
