// How Hugging Face decides what is kept as a large file, and what is left out (huggingface.md 5.3). The real rules are UNKNOWN.

import ignore from 'ignore';
import { bytesOf } from './content.ts';
import { type Call, commitOf, proposableOf, refusal } from './huggingface-hub.ts';
import { parseObject } from './json-body.ts';
import type { Commit } from './repository.ts';
import { send } from './server.ts';

interface Asked {
  readonly path: string;
  readonly size: number;
  readonly sample: string;
}

/** `POST /api/{type}s/{id}/preupload/{rev}` */
export async function preupload(call: Call): Promise<void> {
  const { exchange, hub } = call;
  const isProposal = exchange.log.query.get('create_pr') === '1';
  const repository = proposableOf(call, isProposal || call.rest[0]?.startsWith('refs%2Fpr%2F') === true);
  const commit = commitOf(repository, call.rest[0]);
  const body = await parseObject(exchange);
  const files = readFiles(body['files']);
  if (files.length > hub.options.upload.preuploadLimit) throw refusal(413, 'Too many files');
  const isKeptLarge = largeBy(`${await textAt(commit, '.gitattributes')}\n${textOf(body['gitAttributes'])}`);
  const isIgnored = ignoredBy(textOf(body['gitIgnore']) || (await textAt(commit, '.gitignore')));
  const { inlineLimitBytes } = hub.options.upload;
  const rows = files.map(async ({ path, size, sample }) => {
    const isLarge = isKeptLarge(path) || size > inlineLimitBytes || Buffer.from(sample, 'base64').includes(0);
    const entry = commit.entries.get(path);
    const digests = await entry?.body.digests();
    const isLargeNow = entry !== undefined && repository.isLarge(entry, hub.options.lfsThresholdBytes);
    const oid = isLargeNow ? digests?.sha256 : digests?.gitSha1;
    const uploadMode = isLarge ? 'lfs' : 'regular';
    return { path, uploadMode, shouldIgnore: isIgnored(path), ...(oid === undefined ? {} : { oid }) };
  });
  await send(exchange, { status: 200, body: { commitOid: commit.id, files: await Promise.all(rows) } });
}

/** Tells which paths the rules of a .gitattributes keep as large files; the last rule that matches a path decides. */
export function largeBy(attributes: string): (path: string) => boolean {
  const lines = attributes.split('\n').map((line) => line.trim().split(/\s+/));
  const rules = lines.flatMap(([pattern = '', ...words]) => {
    const isRule = pattern !== '' && !pattern.startsWith('#') && words.some((word) => /^-?filter\b/.test(word));
    if (!isRule) return [];
    const matcher = ignore().add(pattern.replaceAll('[[:space:]]', ' '));
    return [{ matcher, isLarge: words.includes('filter=lfs') }];
  });
  return (path) => rules.findLast(({ matcher }) => matcher.ignores(path))?.isLarge === true;
}

/** The text of a file of a commit; empty when it has none. */
export async function textAt(commit: Commit | undefined, path: string): Promise<string> {
  const entry = commit?.entries.get(path);
  return entry === undefined ? '' : (await bytesOf(entry.body)).toString();
}

function ignoredBy(rules: string): (path: string) => boolean {
  const matcher = ignore().add(rules);
  return (path) => matcher.ignores(path);
}

function readFiles(value: unknown): Asked[] {
  if (!Array.isArray(value)) throw refusal(422, '"files" must be an array');
  for (const { path, size, sample } of value as Partial<Asked>[]) {
    if (typeof path !== 'string' || typeof size !== 'number' || typeof sample !== 'string') {
      throw refusal(422, '"files" must name path, size and sample');
    }
  }
  return value as Asked[];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
