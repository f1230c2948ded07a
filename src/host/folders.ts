// Where things go when the user does not say. Pure.

import path from 'node:path';
import { folderNameOf } from '../core/options.ts';
import type { ModelRef } from '../core/ref.ts';
import type { Environment } from './environment.ts';

const NAME = 'model-fetch';
/** As a tool's: the first number is the format of the store. */
const STORE_VERSION = '1.0.0';

/** Where the content-addressed store may be, and where others may have put stores for us. */
export interface StorePlaces {
  /** The first of them that can be written to. */
  readonly candidates: readonly [string, ...string[]];
  /** The folder where the runner keeps its tools. */
  readonly tools?: { readonly folder: string; readonly arch: string };
}

export function storePlaces(given: string | undefined, environment: Environment): StorePlaces {
  const { runner, userCache } = environment;
  if (runner === undefined)
    return { candidates: [given === undefined ? path.join(userCache, NAME, 'store') : absolute(given, environment)] };
  const { toolCache } = runner;
  const tools = toolCache === undefined ? {} : { tools: { folder: toolCache, arch: process.arch } };
  if (given !== undefined) return { candidates: [absolute(given, environment)], ...tools };
  const passing = path.join(runner.temp, NAME, 'store');
  if (!runner.isSelfHosted || toolCache === undefined) return { candidates: [passing], ...tools };
  // As @actions/tool-cache would lay it out, so that it can be part of an image.
  return { candidates: [path.join(toolCache, NAME, STORE_VERSION, process.arch), passing], ...tools };
}

function absolute(given: string, { workingFolder }: Environment): string {
  return path.resolve(workingFolder, given);
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
