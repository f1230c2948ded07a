// How a release is cut into commits where a hub's limits demand it: weights first; what makes readers load them last. Pure.

import type { PushLimits, Ticket } from '../ports/push.ts';

export interface CommitPart {
  readonly tickets: readonly Ticket[];
  readonly deletes: readonly string[];
}

/** One part wherever the limits allow. Deletes go with the last one, so that what readers still want is there until then. */
export function cutCommits(
  tickets: readonly Ticket[],
  deletes: readonly string[],
  limits: Pick<PushLimits, 'commitFiles' | 'commitInlineBytes'>,
): CommitPart[] {
  const parts: Ticket[][] = [[]];
  let inlineBytes = 0;
  for (const ticket of tickets.toSorted((a, b) => rank(a) - rank(b))) {
    const ownBytes = ticket.kind === 'inline' ? ticket.file.sizeBytes : 0;
    const last = parts.at(-1);
    const isFull = last !== undefined && last.length > 0 && isOver(last.length + 1, inlineBytes + ownBytes, limits);
    if (last === undefined || isFull) {
      parts.push([ticket]);
      inlineBytes = ownBytes;
    } else {
      last.push(ticket);
      inlineBytes += ownBytes;
    }
  }
  return parts.map((part, index) => ({ tickets: part, deletes: index === parts.length - 1 ? deletes : [] }));
}

function isOver(
  files: number,
  inlineBytes: number,
  limits: Pick<PushLimits, 'commitFiles' | 'commitInlineBytes'>,
): boolean {
  return files > limits.commitFiles || inlineBytes > limits.commitInlineBytes;
}

// 0: weights, 1: what goes with them, 2: what names them.
function rank({ kind, file }: Ticket): number {
  if (/(^|\/)(README\.md|config\.json|configuration\.json)$|\.index\.json$/i.test(file.path)) return 2;
  return kind === 'inline' ? 1 : 0;
}
