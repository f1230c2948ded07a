// Whether a shard index names exactly the shards that are there. Pure.

import * as v from 'valibot';
import { quote } from '../text/quote.ts';

const indexShape = v.object({ weight_map: v.record(v.string(), v.string()) });
const SHARD = /^(.+)-\d{5}-of-\d{5}(\.[^/.]+)$/;

/** Whether a file is an index of shards, by its name. */
export function isShardIndex(path: string): boolean {
  return /\.(safetensors|bin)\.index\.json$/.test(path);
}

export interface ShardTree {
  /** Every path of the release: what is published, and what the repository keeps. */
  readonly all: ReadonlySet<string>;
  /** Paths that are published now. */
  readonly published: readonly string[];
}

/** What is wrong between an index and the shards; empty when they fit, or when the index is no JSON, which is another check’s.
 * @param path of the index in the repository */
export function shardProblems(path: string, bytes: Uint8Array, tree: ShardTree): string[] {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), indexShape), Buffer.from(bytes).toString('utf8'));
  if (!parsed.success) return isJson(bytes) ? ['it has no map of weights to shards'] : [];
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const named = new Set(Object.values(parsed.output.weight_map).map((shard) => `${folder}${shard}`));
  if (named.size === 0) return ['it names no shard'];
  const families = new Set([...[...named].flatMap((shard) => familyOf(shard) ?? []), ownFamily(path)]);
  const missing = [...named]
    .filter((shard) => !tree.all.has(shard))
    .map((shard) => `it names ${quote(shard)}, which is not there`);
  const extra = tree.published
    .filter((shard) => !named.has(shard) && families.has(familyOf(shard) ?? ''))
    .map((shard) => `it does not name ${quote(shard)}, which is there`);
  return [...missing, ...extra];
}

function isJson(bytes: Uint8Array): boolean {
  return v.safeParse(v.pipe(v.string(), v.parseJson()), Buffer.from(bytes).toString('utf8')).success;
}

// The shards that an index is for by its own name, whatever it says.
function ownFamily(path: string): string {
  return path.replace(/(\.[^/.]+)\.index\.json$/, '*$1');
}

// `model-00001-of-00004.safetensors` and `model-00001-of-00002.safetensors` are of one family: one release has one of them.
function familyOf(path: string): string | undefined {
  const match = SHARD.exec(path);
  return match === null ? undefined : `${match[1]}*${match[2]}`;
}
