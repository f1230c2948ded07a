// What is wrong with the small texts of a checkpoint: JSON, the front matter of a README, pointers in place of content, names of
// secrets. Pure.

import { parseDocument } from 'yaml';
import { quoteWords } from '../text/quote.ts';
import { jsonFault, placeIn } from './json-place.ts';

/** JSON beyond this is not parsed. */
export const MAX_JSON_BYTES = 64 * 1024 * 1024;
/** The longest text that git-lfs leaves in place of a file. */
export const MAX_POINTER_BYTES = 1024;

const SECRETS: readonly RegExp[] = [
  /^\.env(\.(?!example$|sample$|template$|dist$).+)?$/i,
  /\.(pem|key|p12|pfx|kdbx|jks)$/i,
  /^id_(rsa|dsa|ecdsa|ed25519)(_sk)?$/i,
  /^[._]netrc$/i,
  /^\.(npmrc|pypirc|git-credentials|htpasswd)$/i,
];

/** Whether a file's name is one that secrets have. */
export function hasSecretName(path: string): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return SECRETS.some((pattern) => pattern.test(name));
}

/** Whether a text is what git-lfs leaves where a file's content was not fetched. */
export function isLfsPointer(head: Uint8Array): boolean {
  return Buffer.from(head).toString('latin1').startsWith('version https://git-lfs.github.com/spec/');
}

/** Why a text is not JSON; undefined when it is. Says the place, and nothing of the text: a token may stand there. */
export function jsonProblem(bytes: Uint8Array): string | undefined {
  const text = decoded(bytes);
  if (text === undefined) return 'it is not JSON: its bytes are no UTF-8';
  try {
    JSON.parse(text);
    return undefined;
  } catch {
    // What the parser says quotes the text.
    const offset = jsonFault(text) ?? 0;
    const place = placeIn(text, offset);
    return `it is not JSON: ${offset === text.length ? 'it ends too early, at' : 'a wrong character at'} ${place}`;
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Why the front matter of a README cannot be read; undefined when it can, or when there is none. */
export function frontMatterProblem(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  const [first, ...lines] = text.split(/\r?\n/);
  if (first?.trimEnd() !== '---') return undefined;
  const end = lines.findIndex((line) => line.trimEnd() === '---');
  if (end === -1) return 'its front matter has no end: a line of three dashes is missing';
  const document = parseDocument(lines.slice(0, end).join('\n'));
  const [error] = document.errors;
  if (error !== undefined) return `its front matter is not YAML: ${quoteWords(error.message.split('\n')[0] ?? '')}`;
  try {
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    const isMap = value === null || (typeof value === 'object' && !Array.isArray(value));
    return isMap ? undefined : 'its front matter is no map of names to values';
  } catch (thrown) {
    // An alias of nothing, or aliases that would grow beyond measure, show only now.
    return `its front matter cannot be read: ${quoteWords(thrown instanceof Error ? thrown.message : String(thrown))}`;
  }
}
