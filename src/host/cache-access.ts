// Whether a run may read the runner cache, and whether it may write to it.

import type { Variables } from './environment.ts';

/** Events that outsiders can start in the scope of the default branch: what they save would reach everyone. */
const UNTRUSTED_EVENTS = new Set([
  'discussion',
  'discussion_comment',
  'fork',
  'issue_comment',
  'issues',
  'pull_request_target',
  'watch',
  'workflow_run',
]);

export interface CacheAccess {
  readonly read: boolean;
  readonly write: boolean;
}

/** By the option, the event, and the mode that the runner was given (github-actions.md 2.6). */
export function cacheAccess(cache: 'true' | 'read-only' | 'false', variables: Variables): CacheAccess {
  const mode = variables['ACTIONS_CACHE_MODE']?.trim().toLowerCase() ?? '';
  const isTrusted = !UNTRUSTED_EVENTS.has(variables['GITHUB_EVENT_NAME'] ?? '');
  return {
    read: cache !== 'false' && !['none', 'write-only'].includes(mode),
    write: cache === 'true' && isTrusted && !['none', 'read'].includes(mode),
  };
}
