// What is wrong with a safetensors file, from its header alone: 8 bytes with the header's length, the header as JSON, then the tensors
// without a gap. Pure; reads no weights.

import * as v from 'valibot';
import { quote } from '../text/quote.ts';

/** The longest header that readers of the format accept. */
const MAX_HEADER_BYTES = 100_000_000;
const LENGTH_BYTES = 8;

const tensorShape = v.object({
  dtype: v.string(),
  shape: v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  data_offsets: v.tuple([
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ]),
});

/** Bits of one element; types that are not here are believed. */
const BITS: Readonly<Record<string, number>> = {
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
};

/** How many bytes from the start of the file hold the header; what its first bytes say is bounded, not believed. */
export function safetensorsHeadBytes(sizeBytes: number, first: Uint8Array): number {
  const headerBytes = headerLength(first) ?? 0;
  return Math.min(sizeBytes, LENGTH_BYTES + Math.min(headerBytes, MAX_HEADER_BYTES));
}

function headerLength(first: Uint8Array): number | undefined {
  if (first.length < LENGTH_BYTES) return undefined;
  const length = Buffer.from(first.buffer, first.byteOffset, first.length).readBigUInt64LE(0);
  return length > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(length);
}

/** Why the file cannot be read as safetensors; undefined when its header is sound.
 * @param head the first `safetensorsHeadBytes` of it */
export function safetensorsProblem(sizeBytes: number, head: Uint8Array): string | undefined {
  const headerBytes = headerLength(head);
  if (headerBytes === undefined) return `it has ${sizeBytes} bytes, fewer than the length of a header takes`;
  if (headerBytes > MAX_HEADER_BYTES) return 'its first bytes give its header a length that no header has';
  if (LENGTH_BYTES + headerBytes > sizeBytes) return `its header of ${headerBytes} bytes reaches past its end`;
  const header = parseObject(head.subarray(LENGTH_BYTES, LENGTH_BYTES + headerBytes));
  if (header === undefined) return 'its header is no JSON object';
  return tensorsProblem(header, sizeBytes - LENGTH_BYTES - headerBytes);
}

function parseObject(bytes: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // Not JSON: that is the answer.
    return undefined;
  }
}

function tensorsProblem(header: Record<string, unknown>, dataBytes: number): string | undefined {
  const spans: { name: string; start: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const parsed = v.safeParse(tensorShape, entry);
    if (!parsed.success) return `its header describes the tensor ${quote(name)} in a way that nothing can read`;
    const { dtype, shape, data_offsets } = parsed.output;
    const [start, end] = data_offsets;
    if (end < start || end > dataBytes) return `the tensor ${quote(name)} reaches to byte ${end} of ${dataBytes}`;
    const bits = BITS[dtype];
    const wantBytes = bits === undefined ? end - start : (shape.reduce((size, side) => size * side, 1) * bits) / 8;
    if (end - start !== wantBytes)
      return `the tensor ${quote(name)} takes ${end - start} bytes where its shape is ${wantBytes}`;
    spans.push({ name, start, end });
  }
  return gapProblem(spans, dataBytes);
}

function gapProblem(
  spans: readonly { readonly name: string; readonly start: number; readonly end: number }[],
  dataBytes: number,
): string | undefined {
  let front = 0;
  for (const { name, start, end } of spans.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start !== front)
      return `the tensor ${quote(name)} begins at byte ${start}, and the one before it ends at ${front}`;
    front = end;
  }
  return front === dataBytes ? undefined : `its tensors end at byte ${front} of ${dataBytes}`;
}
