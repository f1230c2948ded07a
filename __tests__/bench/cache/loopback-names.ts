// Loaded before a client of the benchmark: the names of the blob store lead to this machine.

import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const lookup = dns.lookup as (...args: unknown[]) => void;
// biome-ignore lint/suspicious/noExplicitAny: the many forms of one function, passed on as they come
(dns as any).lookup = (name: string, ...rest: unknown[]) =>
  lookup(name.endsWith('.blob.core.windows.net') ? '127.0.0.1' : name, ...rest);
syncBuiltinESMExports();
