// Whether a run may read the runner cache, and whether it may write to it.

import type { Variables } from '../environment.ts';

/** Events that only people who may write to the repository can start, or whose entries reach nobody else, since they belong to a scope of
 * their own (github-actions.md 2.7). All others, also those of the future, might save for everyone what an outsider chose. */
const WRITING_EVENTS = new Set([
  'create',
  'deployment',
  'deployment_status',
  'merge_group',
  'pull_request',
  'push',
  'release',
  'repository_dispatch',
  'schedule',
  'workflow_dispatch',
]);

export interface CacheAccess {
  readonly read: boolean;
  readonly write: boolean;
}

/** By the option, the event, and the mode that the runner was given (github-actions.md 2.6). */
export function cacheAccess(cache: 'true' | 'read-only' | 'false', variables: Variables): CacheAccess {
  const mode = variables['ACTIONS_CACHE_MODE']?.trim().toLowerCase() ?? '';
  const event = variables['GITHUB_EVENT_NAME'] ?? '';
  // A system that names no event has no events for outsiders to start.
  const isTrusted = event === '' || WRITING_EVENTS.has(event);
  return {
    read: cache !== 'false' && !['none', 'write-only'].includes(mode),
    write: cache === 'true' && isTrusted && !['none', 'read'].includes(mode),
  };
}
