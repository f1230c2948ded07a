// The door to the network, bricked up: for runs that must open no connection. It holds nothing that could.

import { ModelFetchError } from '../core/errors.ts';
import type { HttpRequest } from '../core/http.ts';
import type { Transport } from '../core/ports.ts';
import { hostOf } from './network-error.ts';

/** Every request fails with OFFLINE, naming the host. */
export function createClosedTransport(): Transport {
  const refuse = async ({ url }: HttpRequest): Promise<never> => {
    throw new ModelFetchError('OFFLINE', `${hostOf(url)} was not asked, since the run is offline.`, {
      hint: 'Leave `offline` out to let the run use the network.',
    });
  };
  return {
    send: refuse,
    read: refuse,
    once: refuse,
    wire: () => undefined,
    hop: () => undefined,
    reachMs: () => 0,
    close: async () => undefined,
  };
}
