// Semver ranges over tags. Which version of a range is best is asked of the host's own chooser, so that it answers as its users know.

import semver from 'semver';
import type { VersionPicker } from './ports.ts';

/** Whether a wanted revision is meant as a range: it has a comparator, a blank or a wildcard, or is `latest`. */
export function isRange(revision: string): boolean {
  if (revision === 'latest') return true;
  return /[\^~<>=*|\s]|\.x\b/i.test(revision) && semver.validRange(revision) !== null;
}

/** The tag that satisfies the range best, as the hub spells it; undefined when none does. Tags that are no versions do not count. */
export function chooseTag(range: string, tags: readonly string[], pick: VersionPicker): string | undefined {
  const byVersion = new Map<string, string>();
  // `v1` is often a tag that moves: where `v1.0.0` says the same, the longer one counts.
  for (const tag of tags.toSorted((a, b) => b.length - a.length)) {
    const version = toVersion(tag);
    if (version !== undefined && !byVersion.has(version)) byVersion.set(version, tag);
  }
  const best = pick([...byVersion.keys()], range === 'latest' ? '*' : range);
  return best === undefined ? undefined : byVersion.get(best);
}

// `v1.2` and `1` are common tags: they count as 1.2.0 and 1.0.0.
function toVersion(tag: string): string | undefined {
  const padded = /^v?\d+$/.test(tag) ? `${tag}.0.0` : /^v?\d+\.\d+$/.test(tag) ? `${tag}.0` : tag;
  return semver.valid(padded) ?? undefined;
}
