// An access token as people paste it. Pure; a token is never part of a message.

import { ModelFetchError } from './errors.ts';

/** Reads a token; blanks around it do not count. Undefined for an empty text.
 * @param name where the text came from, for the message
 * @throws BAD_OPTION when it holds something that no header can carry */
export function readToken(name: string, text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (/^[\x21-\x7e]+$/.test(trimmed)) return trimmed;
  throw new ModelFetchError('BAD_OPTION', `\`${name}\` holds a blank, a line break or a letter that no token has.`, {
    hint: 'Copy the token anew, without anything around it.',
  });
}

/** A token that is asked for at each request, because it may end before the run does. Never part of a message. */
export interface TokenSource {
  /** The token to use now; undefined where there is none.
   * @throws BAD_OPTION, NO_IDENTITY, and the network codes, when it cannot be had */
  current(signal: AbortSignal): Promise<string | undefined>;
  /** A token other than the one that a hub has just refused; undefined when there is no other. */
  renew(refused: string | undefined, signal: AbortSignal): Promise<string | undefined>;
}
