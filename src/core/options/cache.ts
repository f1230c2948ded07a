// The rows of the table of options that are about the runner cache, and what they become. Part of core/options.ts, which joins them.

import type { OptionRow } from '../options.ts';

const DOWNLOAD = ['download'] as const;

export const CACHE_OPTIONS = {
  cache: {
    kind: 'choice',
    choices: ['true', 'read-only', 'false'],
    modes: DOWNLOAD,
    value: 'when',
    default: 'true',
    description:
      'Whether to restore from and save to the runner cache. `read-only` restores and never saves. The command has no runner cache.',
  },
  'cache-limit': {
    kind: 'size',
    modes: DOWNLOAD,
    value: 'size',
    default: '8GiB',
    description:
      'How many bytes of the runner cache this step may use: what the cache has of its models already counts, then entries are saved, largest gain first, as long as they fit. `0` saves nothing.',
  },
  'cache-save': {
    kind: 'choice',
    choices: ['post', 'immediately'],
    modes: DOWNLOAD,
    value: 'when',
    default: 'post',
    description:
      'When to save to the runner cache: `post`, at the end of the job, or `immediately`, before the next step begins.',
  },
} as const satisfies Record<string, OptionRow>;

/** What is read from and written to the runner cache. */
export interface CacheOptions {
  readonly cache: 'true' | 'read-only' | 'false';
  readonly cacheLimitBytes: number;
  readonly cacheSave: 'post' | 'immediately';
}
