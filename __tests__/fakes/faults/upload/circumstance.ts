// What goes wrong around the requests of a release. A row here names it and what a good client makes of it; the test that arranges it
// has its name.

import type { Circumstance } from '../fault.ts';

export const UPLOAD_CIRCUMSTANCES = [
  { name: 'a file changes after it was hashed', where: 'disk', expect: 'FILE_CHANGED' },
  { name: 'a file goes after it was hashed', where: 'disk', expect: 'FILE_CHANGED' },
  { name: 'SIGKILL before, in and after each step of a release', where: 'process', expect: 'recovers' },
  { name: 'two publishers at once', where: 'process', expect: 'recovers' },
] as const satisfies readonly Circumstance[];
