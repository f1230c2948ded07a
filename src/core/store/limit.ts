// How large a store may grow, as people write it: `50GiB`, `200 GB`, or a share of its disk, `20%`. Pure.

import { parseByteSize } from '../text/byte-size.ts';

export type StoreLimit =
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** More than 0, at most 1: of all the space that the store's volume has. */
  | { readonly kind: 'share'; readonly share: number };

/** Undefined for anything that is neither. */
export function parseStoreLimit(text: string): StoreLimit | undefined {
  const percent = /^(\d{1,3}(?:\.\d{1,6})?)\s*%$/.exec(text.trim())?.[1];
  if (percent !== undefined) {
    const share = Number(percent) / 100;
    return share > 0 && share <= 1 ? { kind: 'share', share } : undefined;
  }
  const bytes = parseByteSize(text);
  return bytes === undefined ? undefined : { kind: 'bytes', bytes };
}
