// Leases that do nothing, as on a file system that gives them to everybody. Not a test.

import { FREE, type Leases } from '../../src/disk/lease/lease.ts';

export const NO_LEASES: Leases = { take: async () => FREE, untilFree: async () => undefined };
