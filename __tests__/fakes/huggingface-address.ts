// Which repository and which question a path of the Hugging Face fake names (huggingface.md 1.1). Text only.

import type { Kind } from './repository.ts';

export interface Address {
  readonly kind: Kind;
  readonly id: string;
  readonly verb: string;
  /** What follows the verb, still encoded. */
  readonly rest: readonly string[];
}

// No repository is called so, or a bare name could not be told from an owner's.
const API_VERBS = [
  'revision',
  'refs',
  'tree',
  'paths-info',
  'commits',
  'auth-check',
  'preupload',
  'commit',
  'branch',
  'tag',
  'discussions',
  'settings',
];

const GIT_VERBS = /^\/(datasets\/)?([^/]+(?:\/[^/]+)?)\.git\/info\/lfs\/(?:objects\/)?(batch|verify)$/;

/** Reads `/api/models/{id}[/{verb}/…]`, `/api/resolve-cache/models/{id}/…`, `/[datasets/]{id}/resolve/…` and
 * `/[datasets/]{id}.git/info/lfs/…`; an id may lack its owner. The verb of `/api/models/{id}` alone is `info`, those of git are
 * `batch` and `verify`. */
export function parseAddress(path: string): Address | undefined {
  const git = GIT_VERBS.exec(path);
  if (git !== null) {
    return { kind: git[1] === undefined ? 'model' : 'dataset', id: git[2] ?? '', verb: git[3] ?? '', rest: [] };
  }
  const segments = path.slice(1).split('/');
  const [first, second, third, fourth, fifth] = segments;
  if (first === 'api' && second === 'resolve-cache') {
    const kind = kindOf(third);
    return kind && { kind, verb: 'resolve-cache', id: `${fourth}/${fifth}`, rest: segments.slice(5) };
  }
  if (first === 'api') {
    const kind = kindOf(second);
    return kind && parseVerb(kind, segments.slice(2), 'info');
  }
  return first === 'datasets' ? parseVerb('dataset', segments.slice(1)) : parseVerb('model', segments);
}

function kindOf(text: string | undefined): Kind | undefined {
  return text === 'models' ? 'model' : text === 'datasets' ? 'dataset' : undefined;
}

function parseVerb(kind: Kind, segments: readonly string[], verbWithout?: string): Address | undefined {
  const verbs = verbWithout === undefined ? ['resolve'] : API_VERBS;
  const at = [1, 2].find((index) => verbs.includes(segments[index] ?? ''));
  if (at !== undefined)
    return { kind, id: segments.slice(0, at).join('/'), verb: segments[at] ?? '', rest: segments.slice(at + 1) };
  return verbWithout === undefined || segments.length > 2
    ? undefined
    : { kind, id: segments.join('/'), verb: verbWithout, rest: [] };
}
