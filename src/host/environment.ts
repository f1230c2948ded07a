// What the environment says, read once: the kind of machine, its folders, proxies, and what hubs look for. Nothing else asks it.

import { homedir } from 'node:os';
import path from 'node:path';
import type { RunOrigin } from '../core/release/message.ts';

export type Variables = Readonly<Record<string, string | undefined>>;

export interface Environment {
  /** Present when a CI runner executes us. */
  readonly runner?: Runner;
  /** Present when a GitHub workflow runs us. */
  readonly origin?: RunOrigin;
  /** The user's own folder. */
  readonly home: string;
  readonly platform: NodeJS.Platform;
  /** Where the user's programs keep what they can get again. */
  readonly userCache: string;
  readonly workingFolder: string;
  readonly proxy: { readonly http?: string; readonly https?: string; readonly none?: string };
  /** A CI system of any kind: no live progress bar. */
  readonly isCi: boolean;
  /** The first of these variables that is set and not blank. */
  first(names: readonly string[]): { readonly name: string; readonly value: string } | undefined;
}

export interface Runner {
  /** Emptied for each job. */
  readonly temp: string;
  /** Kept between jobs on self-hosted runners. */
  readonly toolCache: string | undefined;
  readonly isSelfHosted: boolean;
}

export function readEnvironment(variables: Variables, system: { platform: NodeJS.Platform; cwd: string }): Environment {
  const given = (name: string) => variables[name]?.trim() || undefined;
  const either = (name: string) => given(name.toLowerCase()) ?? given(name);
  const runner = readRunner(given);
  const origin = readOrigin(given);
  const home = homeOf(given, system.platform);
  const proxy = { http: either('HTTP_PROXY'), https: either('HTTPS_PROXY'), none: either('NO_PROXY') };
  return {
    ...(runner === undefined ? {} : { runner }),
    ...(origin === undefined ? {} : { origin }),
    home,
    platform: system.platform,
    userCache: userCacheOf(given, home, system.platform),
    workingFolder: system.cwd,
    proxy: Object.fromEntries(Object.entries(proxy).filter(([, value]) => value !== undefined)),
    isCi: given('CI') !== undefined && given('CI') !== 'false',
    first: (names) => {
      const name = names.find((candidate) => given(candidate) !== undefined);
      const value = name === undefined ? undefined : given(name);
      return name === undefined || value === undefined ? undefined : { name, value };
    },
  };
}

function readRunner(given: (name: string) => string | undefined): Runner | undefined {
  const temp = given('RUNNER_TEMP');
  if (temp === undefined || given('GITHUB_ACTIONS') !== 'true') return undefined;
  const isSelfHosted = given('RUNNER_ENVIRONMENT') === 'self-hosted';
  return { temp, toolCache: given('RUNNER_TOOL_CACHE'), isSelfHosted };
}

function readOrigin(given: (name: string) => string | undefined): RunOrigin | undefined {
  const repository = given('GITHUB_REPOSITORY');
  const commit = given('GITHUB_SHA');
  if (repository === undefined || commit === undefined || given('GITHUB_ACTIONS') !== 'true') return undefined;
  const server = given('GITHUB_SERVER_URL') ?? 'https://github.com';
  const tag = given('GITHUB_REF_TYPE') === 'tag' ? given('GITHUB_REF_NAME') : undefined;
  return {
    repository,
    commit,
    url: `${server}/${repository}/actions/runs/${given('GITHUB_RUN_ID') ?? ''}`,
    ...(tag === undefined ? {} : { tag }),
  };
}

// A shell on Windows may set HOME to a path that only it can read.
function homeOf(given: (name: string) => string | undefined, platform: NodeJS.Platform): string {
  const names = platform === 'win32' ? ['USERPROFILE', 'HOME'] : ['HOME', 'USERPROFILE'];
  return names.map(given).find((folder) => folder !== undefined) ?? homedir();
}

function userCacheOf(given: (name: string) => string | undefined, home: string, platform: NodeJS.Platform): string {
  if (platform === 'win32') return given('LOCALAPPDATA') ?? path.win32.join(home, 'AppData', 'Local');
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Caches');
  return given('XDG_CACHE_HOME') ?? path.posix.join(home, '.cache');
}
