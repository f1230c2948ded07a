// Addresses of ModelScope's pages, as people paste them. Reads text only.

import type { Kind, ModelRef } from '../../core/ref.ts';
import { badPage, pageSegments, pageTarget } from '../page.ts';

/** Each host with the site that a reference must name; undefined for the usual one (modelscope.md 1.1). */
const SITES: ReadonlyMap<string, string | undefined> = new Map([
  ['www.modelscope.cn', undefined],
  ['modelscope.cn', undefined],
  ['www.modelscope.ai', 'https://www.modelscope.ai'],
  ['modelscope.ai', 'https://www.modelscope.ai'],
]);

const KINDS: ReadonlyMap<string, Kind> = new Map([
  ['models', 'model'],
  ['datasets', 'dataset'],
]);

/** Reads `/models/owner/name`, any of its tabs, and its `tree`, `file/view` and `resolve` pages; the same below `/datasets`.
 * @returns undefined for another site's page
 * @throws BAD_REF for a page of the site that is not one of a repository */
export function parseModelscopePage(url: URL): Omit<ModelRef, 'hub'> | undefined {
  const host = url.hostname.toLowerCase();
  if (!SITES.has(host)) return undefined;
  const [section = '', owner, name, ...rest] = pageSegments(url);
  const kind = KINDS.get(section);
  if (kind === undefined || owner === undefined || name === undefined)
    throw badPage(url, 'it is not the page of a model or dataset');
  const site = SITES.get(host);
  return { kind, repo: `${owner}/${name}`, ...targetOf(url, rest), ...(site === undefined ? {} : { site }) };
}

function targetOf(url: URL, [tab, ...rest]: readonly string[]): { revision?: string; subpath?: string } {
  if (tab === 'tree' || tab === 'resolve') return pageTarget(rest[0], rest.slice(1));
  if (tab !== 'file' || rest[0] !== 'view') return {};
  const [, revision, ...path] = rest;
  const fileName = url.searchParams.get('fileName');
  return pageTarget(revision, path.length === 0 && fileName !== null ? [fileName] : path);
}
