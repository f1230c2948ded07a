// Looks at every model of a run before anything moves, and refuses at once what can be refused: models that the lock file does not
// have, and offline whatever is not here.

import { codeOf, ModelFetchError } from '../../core/errors.ts';
import { refuseUnlocked } from '../../core/lock/match.ts';
import { EMPTY_LOCK } from '../../core/lock.ts';
import type { Options } from '../../core/options.ts';
import { printable } from '../../core/repo-path.ts';
import { describeSnapshot } from '../../core/snapshot.ts';
import { showBytes } from '../../core/text/show.ts';
import { missingOf, type ScanDependencies, type ScanOptions, scan, type Work } from './scan.ts';

const MAX_NAMED = 20;

/** @throws the codes of `scan`; LOCK_MISMATCH and OFFLINE, naming everything */
export async function scanAll(
  options: ScanOptions & Pick<Options, 'models' | 'locked'>,
  deps: ScanDependencies,
  signal: AbortSignal,
): Promise<Work[]> {
  if (options.locked) refuseUnlocked(deps.lock ?? EMPTY_LOCK, options.models, options);
  const works: Work[] = [];
  const unknown: ModelFetchError[] = [];
  for (const ref of options.models) {
    try {
      works.push(await scan(ref, options, deps, signal));
    } catch (error) {
      if (!(error instanceof ModelFetchError) || codeOf(error) !== 'OFFLINE') throw error;
      unknown.push(error);
    }
  }
  refuseAbsent(options.offline && !options.dryRun ? works : [], unknown);
  return works;
}

function refuseAbsent(works: readonly Work[], unknown: readonly ModelFetchError[]): void {
  const files = works.flatMap((work) =>
    missingOf(work).map((file) => {
      const why = work.damaged.has(file.path) ? ', damaged' : '';
      return `${describeSnapshot(work.snapshot)}: ${printable(file.path)} (${showBytes(file.sizeBytes)}${why})`;
    }),
  );
  const lines = [...unknown.map(({ message }) => message), ...files].map((line) => `- ${line}`);
  if (lines.length === 0) return;
  const more = lines.length > MAX_NAMED ? `\n- and ${lines.length - MAX_NAMED} more` : '';
  const shown = lines.slice(0, MAX_NAMED).join('\n');
  throw new ModelFetchError('OFFLINE', `The run is offline, and this is not on this machine:\n${shown}${more}`, {
    hint: 'Run once without `offline`, with the same store and filters.',
  });
}
