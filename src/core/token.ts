// An access token: as people paste it, and where one comes from that changes. Pure; a token is never part of a message.

import { ModelFetchError } from './errors.ts';
import type { Emit } from './events.ts';
import type { Clock, Transport } from './ports.ts';
import type { ModelRef } from './ref.ts';
import { type CommandLine, commandText, parseCommand } from './token/command.ts';

/** Reads a token; blanks around it do not count. Undefined for an empty text.
 * @param name where the text came from, for the message
 * @throws BAD_OPTION when it holds something that no header can carry */
export function readToken(name: string, text: string): string | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  if (isToken(trimmed)) return trimmed;
  throw new ModelFetchError('BAD_OPTION', `\`${name}\` holds a blank, a line break or a letter that no token has.`, {
    hint: 'Copy the token anew, without anything around it.',
  });
}

/** Whether a header can carry the text. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

/** Reads the option `token`, whichever way it names. @throws BAD_OPTION, which shows nothing of it */
export function readTokenOption(text: string): string | undefined {
  const line = commandText(text);
  if (line === undefined) return readToken('token', text);
  parseCommand(line);
  return text.trim();
}

/** What the option `token` means. */
export type TokenWay =
  | { readonly kind: 'token'; readonly token: string }
  /** A file that holds the token, read again at each request. */
  | { readonly kind: 'file'; readonly path: string }
  /** A program that writes it to its standard output, run again when the token is refused. */
  | { readonly kind: 'command'; readonly line: CommandLine }
  /** The job’s own identity, exchanged for a short-lived token where the hub trusts it. */
  | { readonly kind: 'identity' };

/** Reads an option that passed `readTokenOption`. A path begins with a slash, with `./` or `../`, or with `file:`. */
export function tokenWay(text: string): TokenWay {
  const line = commandText(text);
  if (line !== undefined) return { kind: 'command', line: parseCommand(line) };
  if (text.toLowerCase() === 'oidc') return { kind: 'identity' };
  const path = text.replace(/^file:(\/\/)?/i, '');
  const isPath = path !== text || /^(\.{0,2}\/|\.{1,2}\\|[a-z]:[\\/])/i.test(text);
  return isPath ? { kind: 'file', path } : { kind: 'token', token: text };
}

/** The files that hold a token, by what the option says. */
export function tokenFiles(text: string | undefined): string[] {
  const way = text === undefined ? undefined : tokenWay(text);
  return way?.kind === 'file' ? [way.path] : [];
}

/** A token that is asked for at each request, because it may end before the run does. Never part of a message. */
export interface TokenSource {
  /** The token to use now; undefined where there is none.
   * @throws BAD_OPTION, NO_IDENTITY, and the network codes, when it cannot be had */
  current(signal: AbortSignal): Promise<string | undefined>;
  /** A token other than the one that a hub has just refused; undefined when there is no other. */
  renew(refused: string | undefined, signal: AbortSignal): Promise<string | undefined>;
}

/** A source that reads its token at each request, and again when a hub refuses it. Every token is told as a secret before it is used.
 * @param name where the text comes from, for messages */
export function tokenFrom(name: string, read: () => Promise<string | undefined>, emit: Emit): TokenSource {
  const known = new Set<string>();
  const current = async () => {
    const token = readToken(name, (await read()) ?? '');
    if (token !== undefined && !known.has(token)) emit({ type: 'secret', value: token });
    if (token !== undefined) known.add(token);
    return token;
  };
  return {
    current,
    async renew(refused) {
      const token = await current();
      return token === refused ? undefined : token;
    },
  };
}

/** Who the job is, signed by the CI system that runs it. */
export interface Identity {
  /** A signed text (a JWT) for this audience.
   * @throws NO_IDENTITY when the job has none, and the network codes */
  prove(audience: string, signal: AbortSignal): Promise<string>;
}

/** What a hub needs to exchange an identity for a token. */
export interface KeylessParts {
  readonly endpoint: string;
  /** The repository that the token is for. */
  readonly ref: ModelRef;
  readonly identity: Identity;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly emit: Emit;
}
