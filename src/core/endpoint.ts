// The address of a hub as people write it. Pure.

import { ModelFetchError } from './errors.ts';

/** Reads the address of a hub; a bare host means https. Undefined for an empty text.
 * @param name where the text came from, for the message
 * @throws BAD_OPTION */
export function readEndpoint(name: string, text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search !== '' || url.hash !== '') {
    // Not shown: it may hold a password.
    throw bad(`\`${name}\` is not the address of a hub`, 'Write it like https://hub.example.com.');
  }
  if (url.username !== '' || url.password !== '') {
    throw bad(`\`${name}\` holds a user name or a password`, 'Give the token as `token`.');
  }
  return url.href.replace(/\/+$/, '');
}

function bad(what: string, hint: string): ModelFetchError {
  return new ModelFetchError('BAD_OPTION', `${what}.`, { hint });
}
