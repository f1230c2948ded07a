// The form of a pack: many small files in one entry of the runner cache. A head that names them, then their bytes, one after another.
// The head is a stranger's text: it says where a member may lie, and never what its bytes must be.

import { type Digest, toDigest } from '../digest.ts';

export interface PackMember {
  readonly identity: Digest;
  readonly sizeBytes: number;
}

const FORM = 'model-fetch-pack-1';
const COUNT_LINE = new RegExp(`^${FORM} (\\d{1,6})$`);
/** More than two hundred thousand members. */
const MAX_HEAD_BYTES = 16 * 1024 * 1024;
const NEWLINE = 0x0a;

/** The head of a pack whose members follow in this order: a line with their number, then a line for each. */
export function packHead(members: readonly PackMember[]): Buffer {
  const lines = members.map(({ identity, sizeBytes }) => `${identity} ${sizeBytes}\n`);
  return Buffer.from(`${FORM} ${members.length}\n${lines.join('')}`);
}

/** Members in the one order that follows from what they are. */
export function packOrder<T extends PackMember>(members: readonly T[]): T[] {
  return members.toSorted((a, b) => (a.identity < b.identity ? -1 : 1));
}

export type PackHead =
  | { readonly kind: 'head'; readonly members: readonly PackMember[]; readonly sizeBytes: number }
  /** Its end has not arrived yet. */
  | { readonly kind: 'more' }
  | { readonly kind: 'wrong' };

/** Reads the head from the first bytes of a pack. */
export function parsePackHead(bytes: Buffer): PackHead {
  const first = bytes.subarray(0, 64).indexOf(NEWLINE);
  if (first === -1) return bytes.length < 64 ? { kind: 'more' } : { kind: 'wrong' };
  const match = COUNT_LINE.exec(bytes.toString('latin1', 0, first));
  if (match === null) return { kind: 'wrong' };
  const lines = takeLines(bytes, first + 1, Number(match[1]));
  if (lines === undefined) return { kind: bytes.length < MAX_HEAD_BYTES ? 'more' : 'wrong' };
  const members = lines.texts.map(parseMember);
  return members.every((member) => member !== undefined)
    ? { kind: 'head', members, sizeBytes: lines.end }
    : { kind: 'wrong' };
}

function takeLines(bytes: Buffer, start: number, count: number): { texts: string[]; end: number } | undefined {
  const texts: string[] = [];
  let at = start;
  while (texts.length < count) {
    const end = bytes.indexOf(NEWLINE, at);
    if (end === -1) return undefined;
    texts.push(bytes.toString('latin1', at, end));
    at = end + 1;
  }
  return { texts, end: at };
}

// A member of no bytes is nothing to carry, and any number of them would be read without a byte arriving.
function parseMember(line: string): PackMember | undefined {
  const match = /^(sha256|git-sha1):([0-9a-f]{40,64}) ([1-9]\d{0,14})$/.exec(line);
  const identity = match === null ? undefined : toDigest(match[1] === 'sha256' ? 'sha256' : 'git-sha1', match[2]);
  return identity === undefined ? undefined : { identity, sizeBytes: Number(match?.[3]) };
}
