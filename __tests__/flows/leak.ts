// Whether a credential went where it does not belong, seen from the fakes. Not a test.

import type { Fakes } from '../fakes/index.ts';
import type { HubName } from './open-flow.ts';

/** Addresses of requests that brought a credential to another origin than the hub's own. */
export function leaksOf({ modelscope, huggingface, cdn }: Fakes, hub: HubName): string[] {
  const own = new URL({ modelscope, huggingface }[hub].url).host;
  return [modelscope, huggingface, cdn]
    .flatMap(({ server }) => server.requests)
    .filter(({ headers }) => headers.host !== own && (headers.authorization ?? headers.cookie) !== undefined)
    .map(({ headers, path }) => `${headers.host}${path}`);
}
