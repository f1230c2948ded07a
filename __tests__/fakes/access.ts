// Who asks, and what they may read. Both hubs share the accounts; what they answer to a stranger is their own dialect.

import type { IncomingHttpHeaders } from 'node:http';
import type { Repository } from './repository.ts';

/** `writer` may read and write everything, `reader` only read it, `outsider` is a real account that nobody has let in. */
export type Account = 'writer' | 'reader' | 'outsider';

export type Tokens = Readonly<Record<Account, string>>;

/** Tokens that the fakes know unless told otherwise. */
export const TOKENS = {
  writer: 'hf_writer0000000000000000000000000000',
  reader: 'hf_reader0000000000000000000000000000',
  outsider: 'hf_outsider00000000000000000000000000',
} as const;

export interface Caller {
  /** As it was sent; undefined when none was. */
  readonly token: string | undefined;
  /** Undefined for an anonymous caller and for a token that is not known. */
  readonly account: Account | undefined;
  /** The one repository that it may write to; any if absent. */
  readonly resource?: string;
}

/** Reads the bearer token, or else the password of git's basic authentication, or the cookie (modelscope.md 1.3). */
export function callerOf(headers: IncomingHttpHeaders, tokens: Tokens = TOKENS): Caller {
  const bearer = /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const basic = /^Basic\s+(.+)$/i.exec(headers.authorization ?? '')?.[1];
  const password =
    basic === undefined
      ? undefined
      : Buffer.from(basic, 'base64')
          .toString()
          .replace(/^[^:]*:/, '');
  const token = bearer ?? password ?? /(?:^|;\s*)m_session_id=([^;]+)/.exec(headers.cookie ?? '')?.[1];
  const account = (['writer', 'reader', 'outsider'] as const).find((name) => tokens[name] === token);
  return { token, account };
}

export function mayRead(repository: Repository, caller: Caller): boolean {
  return repository.visibility === 'public' || caller.account === 'reader' || caller.account === 'writer';
}
