// Makes of what is said about the runner cache what a person can use: one line for one trouble, and what to do about it. Pure.

import type { Emit, Event } from '../events.ts';
import { CACHE_SOURCE } from '../report.ts';

/** What to do about an entry with wrong bytes. */
export const DELETE_ADVICE = 'Delete the entry: it cannot be replaced.';

/** Of each there is one warning. */
export const CACHE_TROUBLES = ['failing', 'wrong'] as const;
export type CacheTrouble = (typeof CACHE_TROUBLES)[number];

/** Passes events on, all those of a step. However many files and entries suffer from a cache that fails, and in however many ways, it is
 * one warning, and one more for wrong bytes, which ask for something to be done; the rest are lines of the log.
 * @param told what was told before, by an earlier step of the job; what is told is put into it */
export function createCacheWarnings(emit: Emit, told: Set<CacheTrouble> = new Set()): Emit {
  return (event) => {
    if (!isOfCache(event)) return emit(event);
    const isWrong = event.code === 'DIGEST_MISMATCH' || event.message.endsWith(DELETE_ADVICE);
    const message = event.code === 'DIGEST_MISMATCH' ? `${event.message} ${DELETE_ADVICE}` : event.message;
    const trouble: CacheTrouble = isWrong ? 'wrong' : 'failing';
    emit(told.has(trouble) ? { type: 'notice', message } : { ...event, message });
    told.add(trouble);
  };
}

function isOfCache(event: Event): event is Extract<Event, { type: 'warning' }> {
  if (event.type !== 'warning') return false;
  const { code, message } = event;
  return code === 'CACHE_RESTORE' || code === 'CACHE_SAVE' || message.startsWith(`${CACHE_SOURCE}: `);
}
