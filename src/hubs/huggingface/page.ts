// Addresses of the Hugging Face Hub's pages, as people paste them. Reads text only.

import type { ModelRef } from '../../core/ref.ts';
import { quote } from '../../core/text/quote.ts';
import { badPage, pageSegments, pageTarget } from '../page.ts';

const HOSTS: ReadonlySet<string> = new Set(['huggingface.co', 'www.huggingface.co', 'hf.co', 'www.hf.co']);

/** First segments that are never an owner; the site's own sections. */
const SECTIONS: ReadonlySet<string> = new Set(
  (
    'api blog brand buckets changelog chat collections datasets docs enterprise inference join kernels languages learn login ' +
    'logout models new notifications oauth organizations papers posts pricing privacy search settings spaces storage support ' +
    'tasks terms-of-service welcome'
  ).split(' '),
);

/** Tabs of a repository that a revision follows. */
const REVISION_TABS: ReadonlySet<string> = new Set(['tree', 'blob', 'resolve', 'raw', 'blame', 'commits', 'commit']);

/** Reads `/owner/name`, `/datasets/owner/name`, the old bare `/name`, and their `tree`, `blob`, `resolve` and `raw` pages.
 * @returns undefined for another site's page
 * @throws BAD_REF for a page of the site that shows no files of a repository */
export function parseHuggingfacePage(url: URL): Omit<ModelRef, 'hub'> | undefined {
  if (!HOSTS.has(url.hostname.toLowerCase())) return undefined;
  const segments = pageSegments(url);
  const isDataset = segments[0] === 'datasets';
  const [first, second, ...others] = isDataset ? segments.slice(1) : segments;
  if (first === undefined || SECTIONS.has(first)) throw badPage(url, 'it is not the page of a model or dataset');
  const isBare = second === undefined || (REVISION_TABS.has(second) && others.length > 0);
  const repo = isBare ? first : `${first}/${second}`;
  const rest = isBare && second !== undefined ? [second, ...others] : others;
  return { kind: isDataset ? 'dataset' : 'model', repo, ...targetOf(url, rest) };
}

function targetOf(url: URL, [tab, ...rest]: readonly string[]): { revision?: string; subpath?: string } {
  // `viewer` shows the rows of a dataset and has a path of its own kind.
  if (tab === undefined || tab === 'viewer') return {};
  if (!REVISION_TABS.has(tab)) throw badPage(url, `its tab ${quote(tab)} shows no files`);
  // `refs/pr/1` and `refs/convert/parquet` also occur with their slashes plain (huggingface.md 2.1).
  const length = rest[0] === 'refs' ? 3 : 1;
  const revision = rest.slice(0, length).join('/');
  return pageTarget(revision === '' ? undefined : revision, tab.startsWith('commit') ? [] : rest.slice(length));
}
