// Processes that are killed before, in the middle of and after each request of a release: readers see the old release or the new one, and
// the next run, on another machine, completes it without sending what had arrived.

import { execFile, spawn } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { COMPILED } from '../compiled.ts';
import { TOKENS } from '../fakes/access.ts';
import type { Fakes } from '../fakes/index.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { KILL_POINTS, type KillPoint, killAt } from '../fakes/upload-faults.ts';
import { openHasher, openUpload, type UploadGround } from './open-upload.ts';
import { look, newRelease, optionsFor, type Place, placeFor, startReleaseFakes } from './upload-ground.ts';

const PROGRAM = path.join(import.meta.dirname, '..', '..', 'src', 'entry', 'cli.ts');
/** What goes by pull requests has a table of its own, at every moment, in upload-staged.test.ts; here a process dies at each of its steps. */
const POINTS = KILL_POINTS.filter(
  ({ step, when }) => step !== 'merge' && (when === 'after' || !['pull-request', 'status'].includes(step)),
);
const id = (point: KillPoint) => `o/k${POINTS.indexOf(point)}`;

let fakes: Fakes;
let hasher: Hasher;
beforeAll(async () => {
  hasher = openHasher();
  fakes = await startReleaseFakes(POINTS.map(id));
  // One that ends by itself leaves what Node compiled to those that are killed.
  await promisify(execFile)(process.execPath, [PROGRAM, '--version']);
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));

/** Runs the command and kills it at the point. @returns whether it came there */
async function runKilled(ground: UploadGround, place: Place, point: KillPoint): Promise<boolean> {
  const flags = Object.entries(optionsFor(place)).flatMap(([name, value]) =>
    value === 'true' ? [`--${name}`] : [`--${name}`, value],
  );
  const child = spawn(
    process.execPath,
    [PROGRAM, 'upload', place.ref, '--path', 'model', '--store', '../store', ...flags],
    {
      cwd: path.dirname(ground.folder),
      env: {
        PATH: process.env['PATH'],
        HOME: ground.root,
        HF_ENDPOINT: fakes.huggingface.url,
        MODELSCOPE_ENDPOINT: fakes.modelscope.url,
        HF_TOKEN: TOKENS.writer,
        MODELSCOPE_API_TOKEN: TOKENS.writer,
        ...COMPILED,
      },
      stdio: 'ignore',
    },
  );
  const ended = new Promise((resolve) => child.on('close', resolve));
  let isKilled = false;
  const kill = () => {
    isKilled = child.kill('SIGKILL');
    return ended;
  };
  fakes.steps.add(killAt(point, kill));
  await ended;
  return isKilled;
}

afterEach(() => fakes.reset());

describe('killed', () => {
  test.each(POINTS.map((point) => [point.name, point] as const))('%s', { timeout: 30_000 }, async (_name, point) => {
    const place = placeFor(point.hub, point.step, id(point));
    const ground = await openUpload(fakes, { hasher });
    await ground.write(newRelease(place.repository));
    expect(await runKilled(ground, place, point)).toBe(true);
    expect(['old', 'new']).toContain(await look(fakes, point.hub, place));
    await ground.close();
    fakes.steps.clear();

    const other = await openUpload(fakes, { hasher });
    await other.write(newRelease(place.repository));
    const { failure } = await other.publish(place.ref, optionsFor(place));
    await other.close();
    expect(failure).toBeUndefined();
    expect(await look(fakes, point.hub, place)).toBe('new');
    const counts = countUploads(fakes[point.hub]);
    expect(counts).toMatchObject({ commits: 1, tags: place.isProposed === true ? 0 : 1 });
    expect(counts.arrived.filter((one, at) => counts.arrived.indexOf(one) !== at)).toEqual([]);
  });
});
