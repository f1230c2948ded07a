// The commits of one target, and what is to be said of it when one of them failed and nobody can tell what became of it.

import { ModelFetchError } from '../../core/errors.ts';
import type { CommitDependencies } from './commit-once.ts';
import { commitRelease } from './commit-release.ts';
import { nameOf, type TargetWork } from './upload-target.ts';

/** As commitRelease; a target whose commit may have been made, for all that could be found out, is `unknown`.
 * @throws as commitRelease, and says then that it is not known, and where to look */
export async function commitTarget(
  work: TargetWork,
  deps: Omit<CommitDependencies, 'onDoubt'>,
  signal: AbortSignal,
): Promise<void> {
  let isInDoubt = false;
  const onDoubt = (is: boolean) => {
    isInDoubt = is;
  };
  try {
    await commitRelease(work, { ...deps, onDoubt }, signal);
  } catch (error) {
    if (!isInDoubt) throw error;
    work.state = 'unknown';
    throw error instanceof ModelFetchError ? doubtful(work, error) : error;
  }
}

function doubtful({ ref, push }: TargetWork, cause: ModelFetchError): ModelFetchError {
  const page = push.pageOf(push.base.commit);
  return new ModelFetchError(cause.code, `${cause.message} Whether ${nameOf({ ref })} has the release is not known.`, {
    cause,
    hint: `Look at the commits on ${page}, or run again: a release that is there is found, and no second commit is made of it.`,
  });
}
