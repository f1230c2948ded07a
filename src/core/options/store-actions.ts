// What the command can do to a store as a whole: one table, from which its subcommands are made.

import type { OptionName, RawOptions } from '../options.ts';
import type { StoreLimit } from '../store/limit.ts';
import { readFlag, readStoreLimit } from './parse.ts';

export const STORE_ACTIONS = {
  ls: {
    description: 'List what runs have fetched, when it was last used, and what of it is here.',
    options: ['store'],
  },
  gc: {
    description: 'Remove what was not used for longest until the store keeps its limit; never what is needed.',
    options: ['store', 'store-limit', 'lock', 'dry-run'],
  },
  verify: {
    description: 'Hash everything again, and take out what is damaged. Ends with 5 when something was.',
    options: ['store', 'dry-run'],
  },
} as const satisfies Record<string, { readonly description: string; readonly options: readonly OptionName[] }>;

export type StoreAction = keyof typeof STORE_ACTIONS;

export interface StoreTask {
  readonly action: StoreAction;
  readonly store: string | undefined;
  readonly limit: StoreLimit | undefined;
  /** A lock file whose contents stay. */
  readonly lock: string | undefined;
  readonly dryRun: boolean;
}

/** @throws BAD_OPTION */
export function parseStoreTask(action: StoreAction, raw: RawOptions): StoreTask {
  return {
    action,
    store: raw.store?.trim() || undefined,
    limit: readStoreLimit(raw['store-limit'] ?? ''),
    lock: raw.lock?.trim() || undefined,
    dryRun: readFlag('dry-run', raw['dry-run'] ?? 'false'),
  };
}
