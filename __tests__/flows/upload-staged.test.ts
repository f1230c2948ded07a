// Releases of several commits: readers of the branch see the old one until all of the new one is there, wherever the hub can do that; and
// a publisher that vanishes at any step leaves the old one whole.

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Hasher } from '../../src/core/ports.ts';
import { UPLOAD_DEFAULTS } from '../fakes/huggingface-hub.ts';
import type { Fakes } from '../fakes/index.ts';
import type { Step } from '../fakes/server.ts';
import type { When } from '../fakes/steps/step.ts';
import { countUploads } from '../fakes/upload-counts.ts';
import { openHasher, openUpload, type UploadGround, type UploadGroundSetting } from './open-upload.ts';
import { IN_PARTS, look, newRelease, optionsFor, type Place, startReleaseFakes } from './upload-ground.ts';

type Moment = readonly [when: When, step: Step, nth: number];
/** Each request of such a release that changes something, and how many like it went before. */
const MOMENTS: readonly Moment[] = [
  ...(['before', 'during', 'after'] as const).flatMap((when): Moment[] => [
    [when, 'pull-request', 0],
    [when, 'commit', 0],
    [when, 'commit', 1],
    [when, 'status', 0],
    [when, 'merge', 0],
  ]),
  ['before', 'tag', 0],
];
const PROPOSED: readonly Moment[] = (['before', 'during', 'after'] as const).flatMap((when): Moment[] => [
  [when, 'pull-request', 0],
  [when, 'commit', 0],
  [when, 'status', 0],
]);

let fakes: Fakes;
let hasher: Hasher;
let used = 0;
const grounds: UploadGround[] = [];
beforeAll(async () => {
  hasher = openHasher();
  fakes = await startReleaseFakes(Array.from({ length: 60 }, (_, index) => `o/s${index}`));
});
afterAll(() => Promise.all([fakes.close(), hasher.close()]));
afterEach(async () => {
  await Promise.all(grounds.splice(0).map((ground) => ground.close()));
  fakes.reset();
  const { shelf: _, multipartAboveBytes: __, partSizeBytes: ___, ...defaults } = UPLOAD_DEFAULTS;
  Object.assign(fakes.huggingface.options.upload, defaults);
});

const nextPlace = (prefix = 'hf', more: Partial<Place> = {}): Place => {
  const repository = `o/s${used++}`;
  return { ref: `${prefix}:${repository}`, repository, ...more };
};
async function open(place: Place, setting: UploadGroundSetting = {}): Promise<UploadGround> {
  const ground = await openUpload(fakes, {
    hasher,
    ...(place.isProposed !== true && { pushLimits: IN_PARTS }),
    ...setting,
  });
  grounds.push(ground);
  await ground.write(newRelease(place.repository));
  return ground;
}
const publish = (ground: UploadGround, place: Place) =>
  ground.publish(place.ref, optionsFor(place)).then(
    ({ failure, report }) => ({ code: (failure as { code?: string } | undefined)?.code ?? 'fine', report }),
    (error: { code?: string }) => ({ code: error.code ?? String(error), report: undefined }),
  );
const warnings = ({ events }: UploadGround) =>
  events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
const statuses = ({ repository }: Place) => fakes.huggingface.discussions(repository).map(({ status }) => status);
const set = (options: Partial<typeof UPLOAD_DEFAULTS>) => void Object.assign(fakes.huggingface.options.upload, options);
const seeAt = (step: Step, place: Place, times: number) => {
  const seen: string[] = [];
  for (let nth = 0; nth < times; nth += 1) {
    fakes.steps.at(step, 'before', async () => void seen.push(await look(fakes, 'huggingface', place)));
  }
  return seen;
};

describe('several commits', () => {
  test.each([
    ['squash', true],
    ['squash', false],
    ['fast-forward', true],
  ] as const)('are seen at once (%s, merge commit told: %s)', async (merge, namesMerge) => {
    set({ merge, namesMerge });
    const place = nextPlace();
    const seen = [seeAt('commit', place, 2), seeAt('merge', place, 1), seeAt('tag', place, 1)];
    const ground = await open(place);
    const { code, report } = await publish(ground, place);
    expect([code, warnings(ground), statuses(place)]).toEqual(['fine', [], ['merged']]);
    expect(seen).toEqual([['old', 'old'], ['old'], ['new']]);
    const repository = fakes.huggingface.repository(place.repository);
    const head = repository.resolve('main')?.id;
    expect(report?.targets[0]).toMatchObject({ state: 'published', commit: head, branch: 'main', changed: true });
    expect(report?.totals).toMatchObject({ filesUploaded: 3, filesDeleted: 1 });
    expect(repository.tags.get('v1')).toBe(head);
    expect(countUploads(fakes.huggingface)).toMatchObject({ commits: 2, merges: 1 });
  });

  test('are tagged where they are, though neither the merge nor a list of branches tells of it at once', async () => {
    set({ namesMerge: false });
    const place = nextPlace();
    const ground = await open(place);
    const repository = fakes.huggingface.repository(place.repository);
    const before = repository.branches.get('main') ?? '';
    fakes.steps.at('merge', 'after', () => {
      // The pull request is read first, and then the branches.
      fakes.steps.at(
        'look',
        'before',
        ({ exchange }) => {
          const merged = repository.branches.get('main') ?? '';
          repository.branches.set('main', before);
          exchange.response.once('close', () => repository.branches.set('main', merged));
          return undefined;
        },
        1,
      );
      return undefined;
    });
    const { code, report } = await publish(ground, place);
    const head = repository.resolve('main')?.id;
    expect([code, await look(fakes, 'huggingface', place)]).toEqual(['fine', 'new']);
    expect(report?.targets[0]).toMatchObject({ state: 'published', commit: head, revision: head });
    expect(repository.tags.get('v1')).toBe(head);
  });

  test.each([
    ['has no pull requests', { discussions: { status: 403 } }],
    ['knows none', { discussions: { status: 404 } }],
    ['refuses them', { discussions: { status: 400 } }],
  ] as const)('go to the branch one by one, and that is said, where the repository %s', async (_, options) => {
    set(options);
    const place = nextPlace();
    const ground = await open(place);
    expect((await publish(ground, place)).code).toBe('fine');
    expect(await look(fakes, 'huggingface', place)).toBe('new');
    expect([warnings(ground).length, statuses(place)]).toEqual([1, []]);
  });

  test('that cannot be merged leave no pull request open', async () => {
    const place = nextPlace();
    fakes.steps.at('merge', 'before', () => ({ status: 403, body: { error: 'no' } }));
    const ground = await open(place);
    expect((await publish(ground, place)).code).toBe('fine');
    expect([await look(fakes, 'huggingface', place), statuses(place)]).toEqual(['new', ['closed']]);
    expect(warnings(ground)).toHaveLength(1);
  });

  test.each([409, 412, 400] as const)('meet others: a conflict told by %d', async (conflictStatus) => {
    set({ conflictStatus });
    const intrude = (place: Place, path: string) =>
      fakes.steps.at('merge', 'before', () => {
        // As a rule for large files that the hub adds to both.
        fakes.huggingface.repository(place.repository).commit('main', { '.gitattributes': 'theirs', [path]: 'theirs' });
        return undefined;
      });
    const apart = nextPlace();
    intrude(apart, 'somebody-else.txt');
    const ground = await open(apart);
    expect((await publish(ground, apart)).code).toBe('fine');
    expect([await look(fakes, 'huggingface', apart), statuses(apart)]).toEqual(['new', ['closed', 'merged']]);

    const same = nextPlace();
    intrude(same, 'config.json');
    const other = await open(same);
    expect((await publish(other, same)).code).toBe('CONFLICT');
    expect(statuses(same)).toEqual(['closed']);
    const { entries } = fakes.huggingface.repository(same.repository).resolve('main') ?? { entries: new Map() };
    expect(entries.get('config.json')?.body.sizeBytes).toBe('theirs'.length);
  });

  test('fail before the merge, and the branch is as it was', async () => {
    const place = nextPlace();
    const no = { status: 400, body: { error: ['"license" is not valid'] } };
    fakes.steps.at('commit', 'before', () => no, 1);
    const ground = await open(place);
    expect((await publish(ground, place)).code).toBe('REFUSED');
    expect([await look(fakes, 'huggingface', place), statuses(place)]).toEqual(['old', ['closed']]);
    expect((await publish(ground, place)).code).toBe('fine');
    const { arrived } = countUploads(fakes.huggingface);
    expect(new Set(arrived).size).toBe(arrived.length);
  });

  test('are stopped by the user, and the pull request is closed', async () => {
    const place = nextPlace();
    const stop = new AbortController();
    fakes.steps.at('merge', 'before', () => {
      stop.abort();
      return 'reset';
    });
    const ground = await open(place);
    const code = await ground.publish(place.ref, optionsFor(place), stop.signal).catch((error) => error.code);
    expect([code, await look(fakes, 'huggingface', place), statuses(place)]).toEqual(['ABORTED', 'old', ['closed']]);
  });

  test('are stopped while the pull request is opened, which is closed', async () => {
    const place = nextPlace();
    const stop = new AbortController();
    fakes.steps.at('pull-request', 'after', () => {
      stop.abort();
      return undefined;
    });
    const ground = await open(place);
    const code = await ground.publish(place.ref, optionsFor(place), stop.signal).catch((error) => error.code);
    expect([code, statuses(place)]).toEqual(['ABORTED', ['closed']]);
  });

  test('whose pull request is opened and not heard of say that it may be left', async () => {
    const place = nextPlace();
    const ground = await open(place);
    fakes.steps.at('pull-request', 'after', () => {
      ground.vanish();
      return 'reset';
    });
    expect((await publish(ground, place)).code).not.toBe('fine');
    const told = ground.events.flatMap((event) => (event.type === 'notice' ? [event.message] : []));
    expect(told.filter((message) => message.includes('stays open and can be closed'))).toHaveLength(1);
  });

  test('go on a branch of another name, and to a hub without pull requests, one by one', async () => {
    for (const place of [nextPlace('hf'), nextPlace('ms')]) {
      const hub = place.ref.startsWith('hf') ? 'huggingface' : 'modelscope';
      const branch = hub === 'huggingface' ? 'next' : 'master';
      const ground = await open(place);
      const { code } = await publish(ground, {
        ...place,
        ref: hub === 'huggingface' ? `${place.ref}@next` : place.ref,
      });
      expect([code, warnings(ground).length]).toEqual(['fine', 1]);
      expect(await look(fakes, hub, { ...place, branch })).toBe('new');
    }
  });

  test('a pull request that a killed run left long ago is closed, and no other', async () => {
    const place = nextPlace();
    const one = await open(place);
    fakes.steps.at('commit', 'before', () => {
      one.vanish();
      return 'reset';
    });
    await publish(one, place);
    const [left] = fakes.huggingface.discussions(place.repository);
    expect(left?.status).toBe('draft');
    const others = [
      { ...left, number: 2, author: 'reader' },
      { ...left, number: 3, description: 'by hand' },
      { ...left, number: 4 },
      { ...left, number: 5, status: 'open', createdAt: '2020-01-01T00:00:00.000Z' },
    ];
    for (const other of others) fakes.huggingface.discussions(place.repository).push(other as never);
    for (const number of [0, 1, 2]) {
      const discussion = fakes.huggingface.discussions(place.repository)[number];
      if (discussion !== undefined) discussion.createdAt = '2020-01-01T00:00:00.000Z';
    }
    expect((await publish(await open(place), place)).code).toBe('fine');
    expect(statuses(place)).toEqual(['closed', 'draft', 'draft', 'draft', 'closed', 'merged']);
  });
});

describe.each([
  ['in several commits', MOMENTS, false],
  ['as a proposal', PROPOSED, true],
] as const)('a publisher that vanishes, %s', (_, moments, isProposed) => {
  test.each(moments)('%s %s (%d before it)', async (when, step, nth) => {
    const place = nextPlace('hf', { isProposed });
    const one = await open(place);
    fakes.steps.at(
      step,
      when,
      () => {
        one.vanish();
        return 'reset';
      },
      nth,
    );
    expect((await publish(one, place)).code).not.toBe('fine');
    expect(['old', 'new']).toContain(await look(fakes, 'huggingface', place));
    fakes.steps.clear();
    const { code } = await publish(await open(place), place);
    expect([code, await look(fakes, 'huggingface', place)]).toEqual(['fine', 'new']);
    const { arrived, merges, tags } = countUploads(fakes.huggingface);
    expect(new Set(arrived).size).toBe(arrived.length);
    expect([merges, tags]).toEqual(isProposed ? [0, 0] : [1, 1]);
    if (isProposed) expect(statuses(place)).toEqual(['open']);
  });
});
