// Where things go when the user does not say. Pure.

import path from 'node:path';
import { folderNameOf } from '../core/options.ts';
import type { ModelRef } from '../core/ref.ts';
import type { Environment } from './environment.ts';

const NAME = 'model-fetch';

/** The folder of the content-addressed store. */
export function storeFolder(given: string | undefined, environment: Environment): string {
  if (given !== undefined) return path.resolve(environment.workingFolder, given);
  const { runner, userCache } = environment;
  if (runner === undefined) return path.join(userCache, NAME, 'store');
  const base = runner.isSelfHosted ? (runner.toolCache ?? runner.temp) : runner.temp;
  return path.join(base, NAME, 'store');
}

/** Folders for reports and for what the post step must know; it outlives a step and not a job. */
export function stateFolder(temp: string): string {
  return path.join(temp, NAME, 'state');
}

export interface ModelFolders {
  /** The folder that holds them all: the model's own when there is one. */
  readonly root: string;
  of(ref: ModelRef): string;
}

/** The folders of a run's models. */
export function modelFolders(
  given: string | undefined,
  models: readonly ModelRef[],
  environment: Environment,
): ModelFolders {
  const below = (root: string, ref: ModelRef) => path.join(root, ...folderNameOf(ref).split('/'));
  const base = path.resolve(environment.workingFolder, given ?? defaultRoot(environment));
  const [only] = models;
  if (models.length === 1 && only !== undefined) {
    const folder = given === undefined ? below(path.join(base, `${only.kind}s`), only) : base;
    return { root: folder, of: () => folder };
  }
  return { root: base, of: (ref) => below(given === undefined ? path.join(base, `${ref.kind}s`) : base, ref) };
}

function defaultRoot({ runner }: Environment): string {
  return runner === undefined ? '.' : path.join(runner.temp, NAME);
}
