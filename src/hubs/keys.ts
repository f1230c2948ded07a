// A hub's token as a credential: the one of the moment, and once more another one when the hub refuses it. Knows no hub by name.

import { codeOf, type ErrorCode } from '../core/errors.ts';
import type { Credential } from '../core/http.ts';
import type { HubSetting } from '../core/ports.ts';
import type { TokenSource } from '../core/token.ts';

export interface Keys {
  /** Whether a token was given. */
  readonly has: boolean;
  /** The credential to use now, for a request that goes out as data. */
  current(signal: AbortSignal): Promise<Credential | undefined>;
  /** Runs the work with the credential; once more with another when the work fails because the hub refused it. */
  use<T>(work: (credential: Credential | undefined) => Promise<T>, signal: AbortSignal): Promise<T>;
  /** Whether there is another credential than the refused one. From then on it is the current one. */
  renew(refused: Credential | undefined, signal: AbortSignal): Promise<boolean>;
  /** What the work gives when there is another; else undefined. */
  ifRenewed<T>(
    refused: Credential | undefined,
    work: () => Promise<T | undefined>,
    signal: AbortSignal,
  ): Promise<T | undefined>;
}

/** Verdicts that another token may turn. */
const REFUSED: ReadonlySet<ErrorCode | undefined> = new Set(['AUTH_REQUIRED', 'FORBIDDEN', 'READ_ONLY']);

/** @param toCredential how the hub carries a token */
export function createKeys(setting: HubSetting, toCredential: (token: string, origin: string) => Credential): Keys {
  const { origin } = new URL(setting.endpoint);
  const tokens = setting.tokens ?? fixedToken(setting.token);
  const credentialOf = (token: string | undefined) =>
    token === undefined || token === '' ? undefined : toCredential(token, origin);
  const keys: Keys = {
    has: setting.tokens !== undefined || (setting.token ?? '') !== '',
    current: async (signal) => credentialOf(await tokens.current(signal)),
    async use(work, signal) {
      const credential = await keys.current(signal);
      try {
        return await work(credential);
      } catch (error) {
        if (!REFUSED.has(codeOf(error)) || !(await keys.renew(credential, signal))) throw error;
        return work(await keys.current(signal));
      }
    },
    async renew(refused, signal) {
      const next = credentialOf(await tokens.renew(refused?.bearer, signal));
      return next !== undefined && next.bearer !== refused?.bearer;
    },
    ifRenewed: async (refused, work, signal) => ((await keys.renew(refused, signal)) ? await work() : undefined),
  };
  return keys;
}

function fixedToken(token: string | undefined): TokenSource {
  return { current: async () => token, renew: async () => undefined };
}
