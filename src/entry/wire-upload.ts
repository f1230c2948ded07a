// Builds a release from its options: every room's pieces, joined. No logic of its own, and no @actions package.

import type { UploadOptions } from '../core/options/upload.ts';
import type { Options } from '../core/options.ts';
import { createRetryPolicy } from '../core/retry.ts';
import { tokenFiles } from '../core/token.ts';
import { createLocalFiles } from '../disk/local/files.ts';
import { type UploadOutcome, upload } from '../flows/upload.ts';
import { systemClock } from '../host/clock.ts';
import { openStore, openTransport, type RunSetting } from './wire-ground.ts';
import { createHubs } from './wire-hub.ts';

export type UploadRunSetting = RunSetting & { readonly options: Options & { readonly upload: UploadOptions } };

/** Runs a release with everything that it opens, and closes it again. */
export async function runUpload(setting: UploadRunSetting, signal: AbortSignal): Promise<UploadOutcome> {
  const { options, environment, emit } = setting;
  const policy = createRetryPolicy(options.retries);
  const transport = openTransport({ policy, environment, emit });
  const { store, hasher } = openStore({ folder: options.store, environment, isReadOnly: options.dryRun });
  const dependencies = {
    hubOf: createHubs({ ...setting, transport }),
    files: createLocalFiles({
      workspace: environment.workingFolder,
      store: store.folder,
      hasher,
      secrets: tokenFiles(options.token),
      isReadOnly: options.dryRun,
    }),
    transport,
    clock: systemClock,
    policy,
    emit,
    ...(environment.origin === undefined ? {} : { origin: environment.origin }),
  };
  try {
    return await upload(options, dependencies, signal);
  } finally {
    await hasher.close();
    await transport.close();
  }
}
