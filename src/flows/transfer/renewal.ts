// A token that ends in the middle of a file: its source is asked for the way under another one. Decides nothing about other refusals.

import { codeOf, type ErrorCode } from '../../core/errors.ts';
import type { Located } from '../../core/ports.ts';
import type { Lead } from './move-range.ts';

/** Verdicts that another token may turn. */
const REFUSED: ReadonlySet<ErrorCode | undefined> = new Set(['AUTH_REQUIRED', 'FORBIDDEN']);

/** Whether the lead has another way than the one that was refused: one that another range has found already, or one that the source
 * has now. @throws what asking for a token throws */
export async function renewLead(
  lead: Lead,
  { used, error }: { readonly used: Located; readonly error: unknown },
  signal: AbortSignal,
): Promise<boolean> {
  if (signal.aborted || !REFUSED.has(codeOf(error))) return false;
  if (lead.located !== used) return true;
  const located = await lead.source.relocate?.(used, lead, signal);
  if (located === undefined) return false;
  lead.located = located;
  lead.direct = undefined;
  lead.first = undefined;
  return true;
}
