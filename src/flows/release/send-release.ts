// Moves the contents of a release to all targets at once: files are hashed, compared with what each target has, offered, and sent while
// later ones are still being hashed. Commits nothing.

import pMap from 'p-map';
import type { Emit } from '../../core/events.ts';
import type { Options } from '../../core/options.ts';
import type { LocalFiles } from '../../core/ports/local-files.ts';
import type { LocalFile, Ticket } from '../../core/ports/push.ts';
import type { Clock, Transport } from '../../core/ports.ts';
import { changeOf } from '../../core/release/plan.ts';
import { repoPath } from '../../core/repo-path.ts';
import type { RetryPolicy } from '../../core/retry.ts';
import { drawVerify } from '../../core/store/sampling.ts';
import { byUrgency } from '../../core/transfer/schedule.ts';
import { createProgress, type ProgressCount } from '../transfer/progress.ts';
import { createGroup, type Group } from './group.ts';
import { createLanes } from './lanes.ts';
import { createDesk, type Desk } from './offer-desk.ts';
import type { ReleaseFile } from './release-files.ts';
import { type SendDependencies, sendFile } from './send-file.ts';
import { type Consignment, nameOf, pathIn, type TargetWork } from './upload-target.ts';

export interface SendReleaseDependencies {
  readonly files: LocalFiles;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly policy: RetryPolicy;
  readonly connections: number;
  readonly verify: Options['verify'];
  readonly emit: Emit;
}

/** Files in the hands of the hashing threads; more than there are threads, since small ones are quick. */
const HASHES_AT_ONCE = 8;

/** Hashes the release and tells for each target what it would change; moves nothing. @throws FILE_CHANGED, DISK_IO, ABORTED */
export async function hashRelease(
  release: readonly ReleaseFile[],
  works: readonly TargetWork[],
  deps: SendReleaseDependencies,
  signal: AbortSignal,
): Promise<void> {
  await hashEach(release, deps, signal, (file, digests) => {
    for (const work of works) compare(work, file, digests, deps.files);
  });
}

/** Hashes the release and brings to each target what it lacks. At the end every file of every target has its ticket or is unchanged.
 * @throws FILE_CHANGED, DISK_IO, ABORTED, and the codes of a push; what arrived is found again by the next run */
export async function sendRelease(
  release: readonly ReleaseFile[],
  works: readonly TargetWork[],
  deps: SendReleaseDependencies,
  signal: AbortSignal,
): Promise<void> {
  const items = works.flatMap(() => release.map(({ found }) => ({ file: found })));
  const progress = createProgress(items, deps);
  const group = createGroup(signal);
  const lanes = createLanes(deps.connections);
  const desks = works.map((work) => openDesk(work, { group, progress, deps, lanes }));
  group.start(async () => {
    try {
      await hashEach(release, deps, group.signal, (file, digests) => {
        for (const [index, work] of works.entries()) {
          const consignment = compare(work, file, digests, deps.files);
          if (consignment.change === 'unchanged') finish(progress, consignment.file.sizeBytes);
          else desks[index]?.add(consignment);
        }
      });
    } finally {
      for (const desk of desks) desk.end();
    }
  });
  await group.settle();
  progress.flush();
}

async function hashEach(
  release: readonly ReleaseFile[],
  deps: SendReleaseDependencies,
  signal: AbortSignal,
  tell: (file: ReleaseFile, digests: LocalFile['digests']) => void,
): Promise<void> {
  const hash = async (file: ReleaseFile) => {
    const verify = drawVerify(deps.verify, deps.clock.random());
    tell(file, await deps.files.digests(file.found, verify, signal));
  };
  // How a hub takes the others may depend on it.
  const attributes = release.filter(({ found }) => found.name === '.gitattributes');
  for (const file of attributes) await hash(file);
  const others = release.filter((file) => !attributes.includes(file));
  const sized = others.map((file) => ({ file, path: file.found.name, sizeBytes: file.found.sizeBytes }));
  await pMap(byUrgency(sized), ({ file }) => hash(file), { concurrency: HASHES_AT_ONCE });
}

function compare(
  work: TargetWork,
  { found, sample }: ReleaseFile,
  digests: LocalFile['digests'],
  files: LocalFiles,
): Consignment {
  const file: LocalFile = {
    path: repoPath(pathIn(work, found)),
    sizeBytes: found.sizeBytes,
    digests,
    sample,
    open: (range) => files.open(found, range),
  };
  const consignment = { file, change: changeOf(file, work.listing), uploadedBytes: 0 };
  work.files.set(file.path, consignment);
  return consignment;
}

interface Hall {
  readonly group: Group;
  readonly progress: ProgressCount;
  readonly lanes: SendDependencies['lanes'];
  readonly deps: SendReleaseDependencies;
}

function openDesk(work: TargetWork, { group, progress, lanes, deps }: Hall): Desk<Consignment> {
  const take = (consignment: Consignment, ticket: Ticket) => {
    consignment.ticket = ticket;
    if (ticket.kind === 'kept') consignment.change = 'unchanged';
    if (ticket.kind !== 'send') return finish(progress, consignment.file.sizeBytes);
    const sending: SendDependencies = {
      ...deps,
      lanes,
      onSent(count) {
        consignment.uploadedBytes += count;
        progress.add(count, nameOf(work));
      },
      onLost: (count) => progress.add(-count, undefined),
      onRetry: ({ code }, attempt, waitMs) =>
        deps.emit({ type: 'retry', subject: consignment.file.path, code, attempt, waitMs }),
    };
    group.start(async () => {
      consignment.ticket = await sendFile(ticket, work.push, sending, group.signal);
      progress.fileDone();
    });
  };
  const offer = async (consignments: readonly Consignment[]) => {
    const tickets = await work.push.offer(
      consignments.map(({ file }) => file),
      group.signal,
    );
    for (const [index, consignment] of consignments.entries()) {
      const ticket = tickets[index];
      if (ticket === undefined) throw new Error(`no ticket for ${consignment.file.path}`);
      take(consignment, ticket);
    }
  };
  const sizeBytes = ({ file }: Consignment) => file.sizeBytes;
  const desk = createDesk({ most: work.push.limits.offerFiles, sizeBytes, offer }, group.signal);
  group.start(desk.run);
  return desk;
}

function finish(progress: ProgressCount, bytes: number): void {
  progress.add(bytes, undefined);
  progress.fileDone();
}
