// When a fault of the runner cache can strike, told by what is asked at that moment. Knows no fault.

import type { Exchange } from '../../../fakes/server.ts';

/** What a request is for. */
export type Asked =
  | 'lookup'
  | 'first byte'
  | 'pack'
  | 'range'
  | 'reservation'
  | 'whole put'
  | 'block'
  | 'list'
  | 'announcement'
  | 'other';

export type Protocol = 'second' | 'first';

export interface Moment {
  readonly title: string;
  readonly protocol: Protocol;
  /** The step that it is part of: reading what is there, or saving what is not. */
  readonly step: 'restore' | 'save';
  readonly asked: Asked;
  /** The how manieth such request it is; the first unless given. */
  readonly count?: number;
}

/** In the order of a job. With the first protocol an archive is read in place of packs and ranges, and sent in pieces of 32 MiB. */
export const MOMENTS = {
  lookup: { title: 'lookup', protocol: 'second', step: 'restore', asked: 'lookup' },
  firstByte: { title: 'first byte', protocol: 'second', step: 'restore', asked: 'first byte' },
  pack: { title: 'pack', protocol: 'second', step: 'restore', asked: 'pack' },
  ranges: { title: 'ranges', protocol: 'second', step: 'restore', asked: 'range' },
  reservation: { title: 'reservation', protocol: 'second', step: 'save', asked: 'reservation' },
  packPut: { title: 'sending a pack', protocol: 'second', step: 'save', asked: 'whole put' },
  firstBlock: { title: 'first block', protocol: 'second', step: 'save', asked: 'block' },
  middleBlock: { title: 'third block', protocol: 'second', step: 'save', asked: 'block', count: 3 },
  list: { title: 'list of blocks', protocol: 'second', step: 'save', asked: 'list' },
  announcing: { title: 'announcing', protocol: 'second', step: 'save', asked: 'announcement' },
  archiveLookup: { title: 'lookup', protocol: 'first', step: 'restore', asked: 'lookup' },
  archive: { title: 'archive', protocol: 'first', step: 'restore', asked: 'pack' },
  archiveReservation: { title: 'reservation', protocol: 'first', step: 'save', asked: 'reservation' },
  firstPiece: { title: 'first piece', protocol: 'first', step: 'save', asked: 'block' },
  middlePiece: { title: 'third piece', protocol: 'first', step: 'save', asked: 'block', count: 3 },
  archiveAnnouncing: { title: 'announcing', protocol: 'first', step: 'save', asked: 'announcement' },
} as const satisfies Record<string, Moment>;

const CALLS: Readonly<Record<string, Asked>> = {
  GetCacheEntryDownloadURL: 'lookup',
  CreateCacheEntry: 'reservation',
  FinalizeCacheEntryUpload: 'announcement',
};

export function askedBy({ log: { method, path, query, headers } }: Exchange): Asked {
  const last = path.split('/').at(-1) ?? '';
  if (path.startsWith('/twirp/')) return CALLS[last] ?? 'other';
  if (path.startsWith('/_apis/')) {
    if (method === 'GET') return 'lookup';
    if (method === 'PATCH') return 'block';
    return last === 'caches' ? 'reservation' : 'announcement';
  }
  if (method === 'GET')
    return headers.range === 'bytes=0-0' ? 'first byte' : headers.range === undefined ? 'pack' : 'range';
  if (method !== 'PUT') return 'other';
  return query.get('comp') === 'blocklist' ? 'list' : query.get('comp') === 'block' ? 'block' : 'whole put';
}

/** Whether it is the service that is asked, and not the host of its bytes. */
export function isCall(asked: Asked): boolean {
  return ['lookup', 'reservation', 'announcement'].includes(asked);
}
