// Where things go when the user does not say. Pure.

import path from 'node:path';
import { folderNameOf } from '../core/options.ts';
import type { ModelRef } from '../core/ref.ts';
import { type StorePlaces, TOOL_NAME, TOOL_VERSION } from '../core/store/places.ts';
import type { Environment } from './environment.ts';

const NAME = TOOL_NAME;

/** Where the content-addressed store may be, and where others may have put stores for us. */
export function storePlaces(given: string | undefined, environment: Environment): StorePlaces {
  const { runner, userCache } = environment;
  const told = given === undefined ? {} : { given: absolute(given, environment) };
  if (runner === undefined) return { ...told, candidates: [path.join(userCache, NAME, 'store')] };
  const { toolCache } = runner;
  const tools = toolCache === undefined ? {} : { tools: { folder: toolCache, arch: process.arch } };
  const passing = path.join(runner.temp, NAME, 'store');
  if (!runner.isSelfHosted || toolCache === undefined || given !== undefined)
    return { ...told, candidates: [passing], ...tools };
  // As @actions/tool-cache would lay it out, so that it can be part of an image.
  return { candidates: [path.join(toolCache, NAME, TOOL_VERSION, process.arch), passing], ...tools };
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
