// Mirrors as people write them: a site that speaks the hub's protocol, or a pattern of addresses. Pure.

import { readEndpoint } from './endpoint.ts';
import { ModelFetchError } from './errors.ts';
import { quote } from './text/quote.ts';

export interface Mirror {
  /** With placeholders in braces where it is a pattern; else with no slash at the end. */
  readonly address: string;
  readonly isPattern: boolean;
}

/** What a pattern may hold, and what it stands for. */
export const PLACEHOLDERS = ['repo', 'owner', 'name', 'revision', 'path', 'sha256'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

/** One of these tells files apart. */
const TELLING: readonly string[] = ['path', 'sha256'];

/** @throws BAD_OPTION */
export function readMirror(text: string): Mirror {
  const names = [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name = '']) => name);
  const unknown = names.find((name) => !(PLACEHOLDERS as readonly string[]).includes(name));
  if (unknown !== undefined) {
    const known = PLACEHOLDERS.map((name) => `{${name}}`).join(', ');
    throw bad(`\`mirrors\` holds ${quote(`{${unknown}}`)}`, `A pattern can hold ${known}.`);
  }
  if (names.length > 0 && !names.some((name) => TELLING.includes(name)))
    throw bad('`mirrors` holds a pattern that is the same for every file', 'Put {path} or {sha256} into it.');
  // They are shown in logs and summaries.
  if (!/^[\w\-.~:/?#[\]@!$&'()*+,;=%{}]*$/.test(text.trim()))
    throw bad('`mirrors` holds a character that an address cannot have', 'Write it as %XX.');
  const [one, other] = ['x', 'y'].map((value) =>
    readEndpoint(
      'mirrors',
      fillPattern(text, () => value),
    ),
  );
  if (one === undefined || other === undefined)
    throw bad('`mirrors` holds an empty address', 'Write it like https://mirror.example.com.');
  // What a listing says must not choose the host.
  if (new URL(one).origin !== new URL(other).origin)
    throw bad('`mirrors` holds a pattern with a placeholder in its host', 'Put placeholders behind the host only.');
  return names.length > 0 ? { address: withScheme(text.trim()), isPattern: true } : { address: one, isPattern: false };
}

function withScheme(pattern: string): string {
  return /^https?:\/\//i.test(pattern) ? pattern : `https://${pattern}`;
}

/** Puts values in the place of the placeholders. */
export function fillPattern(pattern: string, textFor: (name: Placeholder) => string): string {
  return pattern.replaceAll(/\{([^{}]*)\}/g, (_, name: Placeholder) => textFor(name));
}

/** As the report names it: its address, which no other source can have. */
export function mirrorName({ address }: Mirror): string {
  return address;
}

function bad(what: string, hint: string): ModelFetchError {
  return new ModelFetchError('BAD_OPTION', `${what}.`, { hint });
}
