// A token that is dear to come by: asked for once, and again only when a hub refuses it. Where it comes from is not known here.

import type { Emit } from '../events.ts';
import type { TokenSource } from '../token.ts';
import { shareAsk } from './shared-ask.ts';
import { spareAsk } from './spare-ask.ts';

/** A source that asks at the first need, and once more when a token was refused, though not for every refusal: see spareAsk. Many may
 * ask at once; one answer serves them.
 * @param ask gives a token that a header can carry; what it throws, every call throws that waits for it */
export function holdToken(ask: (signal: AbortSignal) => Promise<string>, emit: Emit, nowMs: () => number): TokenSource {
  let held: string | undefined;
  const fresh = shareAsk(async (signal) => {
    const token = await ask(signal);
    emit({ type: 'secret', value: token });
    held = token;
    return token;
  });
  const another = spareAsk(fresh, nowMs);
  return {
    current: async (signal) => held ?? fresh(signal),
    async renew(refused, signal) {
      // Another request may have got a newer one already.
      const token = held !== undefined && held !== refused ? held : await another(signal);
      return token === refused ? undefined : token;
    },
  };
}
