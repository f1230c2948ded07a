// A token that is dear to come by: asked for once, and again only when a hub refuses it. Where it comes from is not known here.

import type { Emit } from '../events.ts';
import type { TokenSource } from '../token.ts';

/** A source that asks at the first need, and once more for each token that was refused. Many may ask at once; one answer serves them.
 * @param ask gives a token that a header can carry; what it throws, every call throws that waits for it */
export function holdToken(ask: (signal: AbortSignal) => Promise<string>, emit: Emit): TokenSource {
  let held: string | undefined;
  let pending: Promise<string> | undefined;
  const take = async (signal: AbortSignal) => {
    const token = await ask(signal);
    emit({ type: 'secret', value: token });
    held = token;
    return token;
  };
  const fresh = (signal: AbortSignal) => {
    pending ??= take(signal).finally(() => {
      pending = undefined;
    });
    return pending;
  };
  return {
    current: async (signal) => held ?? fresh(signal),
    async renew(refused, signal) {
      // Another request may have got a newer one already.
      const token = held !== undefined && held !== refused ? held : await fresh(signal);
      return token === refused ? undefined : token;
    },
  };
}
