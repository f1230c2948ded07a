// Makes of what the transfer says about the cache what a person can use: one line for one trouble, and what to do about it.

import type { Emit, Event } from '../../core/events.ts';
import { CACHE_SOURCE } from '../../core/report.ts';

/** What to do about an entry with wrong bytes. */
export const DELETE_ADVICE = 'Delete the entry: it cannot be replaced.';

/** Passes events on. However many files leave the cache because it fails, and in however many ways, it is one warning, and one more for
 * wrong bytes, which ask for something to be done; the rest are lines of the log. */
export function createCacheWarnings(emit: Emit): Emit {
  const told = new Set<string>();
  return (event) => {
    if (!isOfCache(event)) return emit(event);
    const { code = '' } = event;
    const message = code === 'DIGEST_MISMATCH' ? `${event.message} ${DELETE_ADVICE}` : event.message;
    const reason = code === 'DIGEST_MISMATCH' ? 'wrong' : 'failing';
    emit(told.has(reason) ? { type: 'notice', message } : { ...event, message });
    told.add(reason);
  };
}

function isOfCache(event: Event): event is Extract<Event, { type: 'warning' }> {
  return event.type === 'warning' && event.message.startsWith(`${CACHE_SOURCE}: `);
}
