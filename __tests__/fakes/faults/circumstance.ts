// What goes wrong around the answers. A row here names it and what a good client makes of it; the test that arranges it has its name.

import type { Circumstance } from './fault.ts';

export const CIRCUMSTANCES = [
  { name: 'zero-byte file', where: 'listing', expect: 'recovers' },
  { name: 'listed size too small', where: 'listing', expect: 'SIZE_MISMATCH' },
  { name: 'listed size too large', where: 'listing', expect: 'SIZE_MISMATCH' },
  { name: 'listed digest wrong', where: 'listing', expect: 'DIGEST_MISMATCH' },
  { name: 'redirect from https to http', where: 'network', expect: 'HUB_PROTOCOL' },
  { name: 'certificate that nobody vouches for', where: 'network', expect: 'NETWORK' },
  { name: 'disk full in the middle of a file', where: 'disk', expect: 'DISK_FULL' },
  { name: 'limit on the size of a file', where: 'disk', expect: 'DISK_IO' },
  { name: 'store removed in the middle of a file', where: 'disk', expect: 'DISK_IO' },
  { name: 'time of day jumps', where: 'process', expect: 'recovers' },
  { name: 'two processes on one blob', where: 'process', expect: 'recovers' },
  { name: 'SIGKILL in the middle of a file', where: 'process', expect: 'recovers' },
] as const satisfies readonly Circumstance[];
