// The kinds of mirrors: what a line of `mirrors` becomes.

import { type Mirror, mirrorName } from '../core/mirror.ts';
import type { Source } from '../core/ports.ts';
import { createUrlPattern } from './url-pattern.ts';

/** @param siteSource the source of a site that speaks the hub's protocol, at that address and without a token */
export function createMirror(mirror: Mirror, siteSource: (endpoint: string) => Source): Source {
  if (mirror.isPattern) return createUrlPattern(mirror);
  return { ...siteSource(mirror.address), name: mirrorName(mirror), kind: 'mirror' };
}
