// A reference as the user writes it: `[hub:][datasets/]owner/name[@revision][:subpath]`, or the address of a page on a hub.

import { ModelFetchError } from './errors.ts';
import { unsafeReason } from './repo-path.ts';
import { quote } from './text/quote.ts';

export const KINDS = ['model', 'dataset'] as const;
export type Kind = (typeof KINDS)[number];

export interface ModelRef {
  /** The hub's own name, as in the table of hubs. */
  readonly hub: string;
  readonly kind: Kind;
  /** `owner/name`; a bare `name` where the hub knows such repositories. */
  readonly repo: string;
  /** Branch, tag, commit or semver range; undefined means the hub's default branch. */
  readonly revision?: string;
  /** A folder or file of the repository; only what lies at or below it is meant. */
  readonly subpath?: string;
  /** The site that a pasted page address names, when it is not the hub's usual one. */
  readonly site?: string;
}

/** What parsing needs to know of a hub. Hubs provide it; this file knows none of them. */
export interface HubGrammar {
  readonly name: string;
  readonly prefixes: readonly string[];
  /** Whether `name` alone, without an owner, can be a repository. */
  readonly bareNames: boolean;
  /** Reads the address of one of the hub's pages; undefined when it belongs to another site.
   * @throws BAD_REF when the site is the hub's and the page is not one of a repository. */
  parsePage(url: URL): Omit<ModelRef, 'hub'> | undefined;
}

const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9_])?$/;
const EXAMPLES =
  'Write `owner/name`, `hf:owner/name@revision`, `ms:datasets/owner/name`, or paste the address of the page.';

/** The first hub of the table is the default.
 * @throws BAD_REF, UNKNOWN_HUB */
export function parseRef(text: string, hubs: readonly HubGrammar[]): ModelRef {
  const trimmed = text.trim();
  if (/^https?:\/\//i.test(trimmed)) return checkRef(parsePageAddress(trimmed, hubs), text);
  const { hub, rest } = splitHub(trimmed, hubs);
  const colon = rest.indexOf(':');
  const end = colon === -1 ? rest.length : colon;
  // Only before the colon: a file's name may hold an @.
  const at = rest.slice(0, end).indexOf('@');
  const repository = rest.slice(0, at === -1 ? end : at);
  const [kind, repo] = splitKind(repository, hub);
  const ref: ModelRef = {
    hub: hub.name,
    kind,
    repo,
    ...(at === -1 ? {} : { revision: rest.slice(at + 1, end) }),
    ...(colon === -1 ? {} : { subpath: rest.slice(colon + 1) }),
  };
  if (!repo.includes('/') && !hub.bareNames) throw badRef(text, 'it has no owner');
  return checkRef(ref, text);
}

function splitHub(text: string, hubs: readonly HubGrammar[]): { hub: HubGrammar; rest: string } {
  // A colon before the first slash or @ separates a hub; a later one separates the subpath.
  const prefix = /^([A-Za-z0-9_-]+):/.exec(text)?.[1];
  const fallback = hubs[0];
  if (fallback === undefined) throw new Error('the table of hubs is empty');
  if (prefix === undefined) return { hub: fallback, rest: text };
  const hub = hubs.find((candidate) => candidate.prefixes.includes(prefix.toLowerCase()));
  if (hub !== undefined) return { hub, rest: text.slice(prefix.length + 1) };
  const known = hubs.flatMap((candidate) => candidate.prefixes).join(', ');
  throw new ModelFetchError('UNKNOWN_HUB', `The reference ${shown(text)} names the hub ${quote(prefix)}.`, {
    hint: `Known hubs: ${known}.`,
  });
}

function splitKind(repository: string, hub: HubGrammar): [Kind, string] {
  const match = /^(models|datasets)\/(.+)$/.exec(repository);
  // `models/name` could also be an owner called "models"; three segments settle it, or a hub where names need no owner.
  if (match?.[2] === undefined || !(match[2].includes('/') || hub.bareNames)) return ['model', repository];
  return [match[1] === 'datasets' ? 'dataset' : 'model', match[2]];
}

function parsePageAddress(text: string, hubs: readonly HubGrammar[]): ModelRef {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw badRef(text, 'it is not a valid address', cause);
  }
  for (const hub of hubs) {
    const page = hub.parsePage(url);
    if (page !== undefined) return { hub: hub.name, ...page };
  }
  throw new ModelFetchError('UNKNOWN_HUB', `The address ${shown(text)} belongs to no known hub.`, {
    hint: 'For a mirror or a private hub write `hub:owner/name` and give its address as `endpoint`.',
  });
}

function checkRef(ref: ModelRef, text: string): ModelRef {
  const segments = ref.repo.split('/');
  if (segments.length > 2 || !segments.every(isName)) throw badRef(text, 'it is not of the form owner/name');
  if (ref.revision !== undefined && !isRevision(ref.revision)) throw badRef(text, 'its revision is not a valid name');
  if (ref.subpath === undefined) return ref;
  const subpath = ref.subpath.replace(/\/+$/, '');
  const reason = unsafeReason(subpath);
  if (reason !== undefined) throw badRef(text, `its path inside the repository is refused: ${reason}`);
  return { ...ref, subpath };
}

function isName(segment: string): boolean {
  return SEGMENT.test(segment) && !segment.includes('..') && !/\.git$/i.test(segment);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const NO_REVISION = /[\u0000-\u001f\u007f:?[\\]|\.\.|@\{|^\/|\/$|\/\/|\.lock$/;

/** What git allows in a ref, and the blanks and comparators of a semver range. */
export function isRevision(text: string): boolean {
  return text.trim() !== '' && text.length <= 255 && !NO_REVISION.test(text);
}

// Where an address that cannot be read has its password is not known.
function shown(text: string): string {
  const trimmed = text.trim();
  return /^[a-z]+:\/\//i.test(trimmed) && !URL.canParse(trimmed) ? '"an address"' : quote(trimmed);
}

function badRef(text: string, reason: string, cause?: unknown): ModelFetchError {
  return new ModelFetchError('BAD_REF', `The reference ${shown(text)} cannot be read: ${reason}.`, {
    hint: EXAMPLES,
    cause,
  });
}

/** Whether the text is a whole commit id: 40 lower-case hex digits. What it names never changes. */
export function isCommit(text: string | undefined): text is string {
  return text !== undefined && /^[0-9a-f]{40}$/.test(text);
}

/** The reference as text that parses back to the same reference (a site is not part of it). */
export function formatRef(ref: ModelRef): string {
  const revision = ref.revision === undefined ? '' : `@${ref.revision}`;
  const subpath = ref.subpath === undefined ? '' : `:${ref.subpath}`;
  return `${repositoryOf(ref)}${revision}${subpath}`;
}

/** `hub:owner/name`, or `hub:datasets/owner/name`. */
export function repositoryOf(ref: ModelRef): string {
  return `${ref.hub}:${ref.kind === 'dataset' ? 'datasets/' : ''}${ref.repo}`;
}
