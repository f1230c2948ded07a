// Which runner cache there is: one that gives its entries as bytes, one that packs them, or none.

import type { Allowance } from '../../core/cache/allowance.ts';
import type { Emit } from '../../core/events.ts';
import type { Clock, RunnerCache, Transport } from '../../core/ports.ts';
import type { Variables } from '../environment.ts';
import { cacheAccess } from './access.ts';
import { createArchiveCache } from './archive-cache.ts';
import type { CacheServiceAddress } from './calls.ts';
import { createEntryCache } from './entry-cache.ts';

export interface RunnerCacheSetting {
  readonly cache: 'true' | 'read-only' | 'false';
  readonly variables: Variables;
  readonly emit: Emit;
  readonly clock: Clock;
  readonly transport: Transport;
  /** What faults may still cost the job. */
  readonly allowance: Allowance;
}

/** Undefined where there is no cache service, or it is turned off. */
export function createRunnerCache({ cache, variables, ...parts }: RunnerCacheSetting): RunnerCache | undefined {
  const access = cacheAccess(cache, variables);
  if (!(access.read || access.write)) return undefined;
  const service = serviceOf(variables);
  return service === undefined
    ? createArchiveCache({ ...parts, access })
    : createEntryCache({ ...parts, service, access });
}

/** The service, if it speaks the second protocol. GitHub Enterprise Server gets the first, whatever else is set
 * (github-actions.md 2.3). */
function serviceOf(variables: Variables): CacheServiceAddress | undefined {
  const given = (name: string) => variables[name]?.trim() || undefined;
  const url = given('ACTIONS_RESULTS_URL');
  const token = given('ACTIONS_RUNTIME_TOKEN');
  if (given('ACTIONS_CACHE_SERVICE_V2') === undefined || isEnterpriseServer(given('GITHUB_SERVER_URL')))
    return undefined;
  if (url === undefined || token === undefined || !URL.canParse(url)) return undefined;
  return { url, token };
}

function isEnterpriseServer(server = 'https://github.com'): boolean {
  const host = URL.canParse(server) ? new URL(server).hostname.toLowerCase() : 'github.com';
  return host !== 'github.com' && !host.endsWith('.ghe.com') && !host.endsWith('.localhost');
}
