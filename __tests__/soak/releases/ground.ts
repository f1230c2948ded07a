// What the soak of releases publishes and where: repositories with an old release, publishers with a new one, and how a run of one ended.

import { codeOf } from '../../../src/core/errors.ts';
import type { Hasher } from '../../../src/core/ports.ts';
import type { TargetReport } from '../../../src/core/report/upload.ts';
import { type Fakes, startFakes } from '../../fakes/index.ts';
import type { Repository } from '../../fakes/repository.ts';
import type { HubName } from '../../fakes/steps/step.ts';
import { type Content, hashContents, openUpload, type UploadGround, weights } from '../../flows/open-upload.ts';
import type { DrawnRelease } from './draw.ts';

const KIB = 1024;
export const OLD: Readonly<Record<string, Content>> = {
  'base.txt': 'base',
  'old.bin': 'old',
  'shared.txt': 'shared, of nobody',
  'config.json': '{"old":1}',
};
export const TAG = 'v1';

export function repositoryName({ seed, isFresh }: Pick<DrawnRelease, 'seed' | 'isFresh'>): string {
  return `o/${isFresh ? 'new' : 'old'}${seed}`;
}

/** One of the runs with these numbers has the fakes to itself. */
export function openFakes(seeds: readonly number[]): Promise<Fakes> {
  const rateLimit = { api: 1e9, resolvers: 1e9, resetSeconds: 172 };
  const upload = { multipartAboveBytes: 16 * KIB, partSizeBytes: 12 * KIB };
  const ids = seeds.map((seed) => repositoryName({ seed, isFresh: false }));
  return startFakes(
    ids.map((id) => ({ id, commits: [{ files: OLD }] })),
    { huggingface: { rateLimit, upload } },
  );
}

/** The repository, once it is there. */
export function findRepository(fakes: Fakes, hub: HubName, drawn: DrawnRelease): Repository | undefined {
  try {
    return fakes[hub].repository(repositoryName(drawn));
  } catch {
    // Not made yet.
    return undefined;
  }
}

export interface Release {
  readonly who: string;
  readonly message: string;
  readonly contents: Readonly<Record<string, Content>>;
  /** path → sha256 of all of it. */
  readonly all: Readonly<Record<string, string>>;
  /** The same, without what others publish too. */
  readonly own: Readonly<Record<string, string>>;
  /** Paths that it takes away. */
  readonly gone: readonly string[];
}

export function releaseOf(drawn: DrawnRelease, who: string): Release {
  const { seed, shared, deletes, isFresh } = drawn;
  const contents: Record<string, Content> = {
    [`${who}/config.json`]: `{"${who}":${seed}}`,
    [`${who}-1.safetensors`]: weights(`${who} ${seed} 1`, 20 * KIB),
    [`${who}-2.safetensors`]: weights(`${who} ${seed} 2`, 3 * KIB),
    [`${who}.txt`]: `${who} ${seed}`,
  };
  const own = hashContents(contents);
  if (shared !== 'nothing') contents['shared.txt'] = shared === 'same' ? `of both ${seed}` : `of ${who} ${seed}`;
  const gone = deletes && !isFresh ? Object.keys(OLD) : [];
  return { who, message: `release ${who}`, contents, all: hashContents(contents), own, gone };
}

export interface Publisher {
  readonly release: Release;
  readonly ground: UploadGround;
}

/** With these, a release takes two commits or more. */
const IN_PARTS = { commitFiles: 2, calmCommitFiles: 2 };

export async function openPublisher(
  fakes: Fakes,
  { drawn, hasher }: { readonly drawn: DrawnRelease; readonly hasher: Hasher },
  release: Release,
): Promise<Publisher> {
  const ground = await openUpload(fakes, {
    hasher,
    limits: { silenceMs: 2000, headersMs: 2000 },
    ...(drawn.manner === 'staged' ? { pushLimits: IN_PARTS } : {}),
  });
  await ground.write(release.contents);
  return { release, ground };
}

/** How a run ended. */
export interface Ended {
  /** In the order of the hubs; undefined when the run told nothing but an error. */
  readonly targets: readonly TargetReport[] | undefined;
  /** Undefined when nothing failed; what is no code begins with `no code`. */
  readonly failure: string | undefined;
  /** All that it told anybody. */
  readonly told: string;
  /** Its process was ended by a signal and could tell nothing. */
  readonly isCut: boolean;
}

export function optionsOf({ manner, shape, deletes }: DrawnRelease, message: string): Record<string, string> {
  return {
    message,
    ...(manner === 'proposal' ? { 'create-pr': 'true' } : {}),
    ...(shape === 'rivals' ? {} : { tag: TAG }),
    ...(deletes ? { delete: '*' } : {}),
  };
}

/** References such as `hf:o/n`, one for each hub. */
export function refsOf(drawn: DrawnRelease): string[] {
  return drawn.hubs.map((hub) => `${hub === 'huggingface' ? 'hf' : 'ms'}:${repositoryName(drawn)}`);
}

/** A run that takes longer hangs. */
const HANG_MS = 60_000;

export async function publish(drawn: DrawnRelease, publisher: Publisher, signal?: AbortSignal): Promise<Ended> {
  const { ground, release } = publisher;
  const before = ground.events.length;
  const hang = Promise.withResolvers<never>();
  const timer = setTimeout(() => hang.reject(new Error('it hangs')), HANG_MS);
  const told = (more: unknown) => JSON.stringify([ground.events.slice(before), more]);
  try {
    const running = ground.publish(refsOf(drawn).join('\n'), optionsOf(drawn, release.message), signal);
    const { report, failure } = await Promise.race([running, hang.promise]);
    return { targets: report.targets, failure: nameOf(failure), told: told([report, textOf(failure)]), isCut: false };
  } catch (error) {
    return { targets: undefined, failure: nameOf(error), told: told(textOf(error)), isCut: false };
  } finally {
    clearTimeout(timer);
  }
}

function nameOf(error: unknown): string | undefined {
  return error === undefined ? undefined : (codeOf(error) ?? `no code: ${textOf(error)}`);
}

function textOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = 'hint' in error ? String(error.hint) : '';
  return `${error.stack ?? error.message} ${hint} ${error.cause === undefined ? '' : textOf(error.cause)}`;
}
