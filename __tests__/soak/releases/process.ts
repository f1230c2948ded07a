// One process of the soak of releases: the command, killed or told to end at the drawn request, and what it said.

import path from 'node:path';
import { FAMILIES } from '../../../src/core/errors.ts';
import type { UploadReport } from '../../../src/core/report/upload.ts';
import { startCommand } from '../../e2e/command.ts';
import { TOKENS } from '../../fakes/access.ts';
import type { Fakes } from '../../fakes/index.ts';
import type { DrawnRelease } from './draw.ts';
import { type Ended, optionsOf, type Publisher, refsOf } from './ground.ts';
import { putStrikes } from './strikes.ts';

const PROGRAM = path.join(import.meta.dirname, '..', '..', '..', 'src', 'entry', 'cli.ts');
/** What the command ends with when it knows why. */
const KNOWN_EXITS: ReadonlySet<number | null> = new Set(Object.values(FAMILIES).map(({ exit }) => exit));

export async function runProcess(fakes: Fakes, drawn: DrawnRelease, publisher: Publisher): Promise<Ended> {
  const { strikes, stop } = drawn;
  const { child, result } = start(fakes, drawn, publisher);
  const act = () => {
    if (stop === undefined || stop.how === 'cancel') return undefined;
    child.kill(stop.how);
    // One that is told to end may have something to ask first.
    return stop.how === 'SIGKILL' ? result : undefined;
  };
  putStrikes(fakes, { strikes, moment: stop === undefined ? undefined : { ...stop, act } });
  const { exitCode, signal, stdout, stderr } = await result;
  const report = stdout === '' ? undefined : (JSON.parse(stdout) as UploadReport);
  const isKnown = KNOWN_EXITS.has(exitCode) || signal === stop?.how;
  const end = exitCode === 0 ? undefined : `exit ${exitCode ?? signal}`;
  return {
    targets: report?.targets,
    failure: isKnown ? end : `no code: ${end} ${stderr}`,
    told: stdout + stderr,
    isCut: signal !== null,
  };
}

function start(fakes: Fakes, drawn: DrawnRelease, { ground, release }: Publisher) {
  const flags = Object.entries(optionsOf(drawn, release.message)).flatMap(([name, value]) => [`--${name}`, value]);
  const places = ['--path', 'model', '--store', '../store', '--retries', '2', '--json'];
  return startCommand(['upload', ...refsOf(drawn), ...places, ...flags], {
    cwd: path.dirname(ground.folder),
    program: PROGRAM,
    env: {
      HF_ENDPOINT: fakes.huggingface.url,
      MODELSCOPE_ENDPOINT: fakes.modelscope.url,
      HF_TOKEN: TOKENS.writer,
      MODELSCOPE_API_TOKEN: TOKENS.writer,
    },
  });
}
