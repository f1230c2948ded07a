// The table of hubs. A new hub is one more file here and one more entry in this list; nothing else changes.

import { ModelFetchError } from '../core/errors.ts';
import type { HubEntry } from '../core/ports.ts';
import { quote } from '../core/text/quote.ts';
import { huggingface } from './huggingface.ts';
import { modelscope } from './modelscope.ts';

/** The first is the hub of a reference that names none. */
export const HUBS: readonly HubEntry[] = [modelscope, huggingface];

/** The hub of that name, as `ModelRef.hub` holds it. @throws UNKNOWN_HUB */
export function findHub(name: string): HubEntry {
  const hub = HUBS.find((entry) => entry.name === name);
  if (hub !== undefined) return hub;
  throw new ModelFetchError('UNKNOWN_HUB', `There is no hub ${quote(name)}.`, {
    hint: `Known hubs: ${HUBS.map((entry) => entry.name).join(', ')}.`,
  });
}
