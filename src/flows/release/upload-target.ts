// One target of a release: its session, what is known of each file there, and everything that is refused before a byte moves.

import { ModelFetchError } from '../../core/errors.ts';
import type { UploadOptions } from '../../core/options/upload.ts';
import type { FoundFile } from '../../core/ports/local-files.ts';
import type { Committed, LocalFile, Push, Ticket } from '../../core/ports/push.ts';
import type { Hub } from '../../core/ports.ts';
import { formatRef, type ModelRef, repositoryOf } from '../../core/ref.ts';
import { type FileChange, type Listing, listingOf, overlapOf } from '../../core/release/plan.ts';
import { printable } from '../../core/repo-path.ts';
import type { TargetState } from '../../core/report/upload.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { quote } from '../../core/text/quote.ts';
import { showBytes } from '../../core/text/show.ts';
import { nameProblem, refuseNames } from './release-files.ts';

/** What is known of one file on its way to one target. */
export interface Consignment {
  readonly file: LocalFile;
  change: FileChange;
  ticket?: Ticket;
  uploadedBytes: number;
}

/** What is known of one target on its way. */
export interface TargetWork {
  readonly ref: ModelRef;
  readonly push: Push;
  /** Folder of the repository; empty for its root. */
  readonly folder: string;
  /** Whether it goes to a pull request, which is no release to readers yet. */
  readonly isProposed: boolean;
  /** By path in the repository; fills up while files are hashed. */
  readonly files: Map<string, Consignment>;
  /** The listing that the release is compared with. */
  listing: Listing;
  /** The commit that the release was begun on, where the hub tells one. */
  begunOn?: string | undefined;
  deletes: readonly ListedFile[];
  /** On the repository now, as far as this run knows. */
  tag: string | undefined;
  /** True when the tag exists, on the commit that the release would replace. */
  isTagTaken: boolean;
  committed: Committed | undefined;
  /** Paths that commits of this run put or took away. */
  readonly made: Set<string>;
  state: TargetState;
}

/** The path of a file in the target's repository. */
export function pathIn({ folder }: Pick<TargetWork, 'folder'>, { name }: FoundFile): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** @throws the codes of Hub.push, BAD_OPTION when the hub cannot be written to */
export async function openTarget(
  ref: ModelRef,
  { hubOf, upload, given }: { hubOf: (ref: ModelRef) => Hub; upload: UploadOptions; given: Map<string, string> },
  signal: AbortSignal,
): Promise<TargetWork> {
  const { subpath, ...repository } = ref;
  const folder = subpath ?? upload.pathInRepo;
  const target = {
    ref: repository,
    ...(ref.revision === undefined ? {} : { branch: ref.revision }),
    create: upload.create,
    visibility: upload.visibility,
    ...(upload.license === undefined ? {} : { license: upload.license }),
    createPr: upload.createPr,
    folder,
    given,
  };
  const push = await hubOf(ref).push?.(target, signal);
  if (push === undefined)
    throw new ModelFetchError('BAD_OPTION', `Nothing can be published to ${formatRef(ref)}.`, {
      hint: 'The hub can be read only: name another one.',
    });
  return {
    ref: repository,
    push,
    folder,
    isProposed: upload.createPr,
    files: new Map(),
    listing: listingOf(push.base.files),
    begunOn: push.base.commit,
    deletes: [],
    tag: undefined,
    isTagTaken: false,
    committed: undefined,
    made: new Set(),
    state: 'untouched',
  };
}

/** Holds the release against what the hub takes.
 * @throws NAME_REFUSED, TOO_LARGE, TAG_CONFLICT, BAD_OPTION */
export async function refuseTarget(
  work: TargetWork,
  found: readonly FoundFile[],
  { upload, tag }: { upload: UploadOptions; tag: string | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { limits } = work.push;
  const paths = found.map((file) => pathIn(work, file));
  refuseNames(paths.flatMap((path) => nameProblem(path, limits.refusedName(path))));
  refuseLarge(work, found);
  if (upload.createPr && !limits.canOpenPr) {
    throw new ModelFetchError('BAD_OPTION', `${nameOf(work)} knows no pull requests, and \`create-pr\` is set.`, {
      hint: 'Publish to a branch, or leave the target out.',
    });
  }
  const refused = tag === undefined ? undefined : tagProblem(work, tag);
  if (refused !== undefined) {
    throw new ModelFetchError('BAD_OPTION', `${nameOf(work)} takes no tag ${quote(tag ?? '')}: ${refused}.`, {
      hint: 'Choose another `tag`.',
    });
  }
  if (tag !== undefined) await refuseTag(work, tag, upload.moveTag, signal);
}

export function nameOf({ ref }: Pick<TargetWork, 'ref'>): string {
  return repositoryOf(ref);
}

/** Paths of the release that somebody else changed since it was compared with the target, and not to what is published. */
export function overlapWith({ listing, files, deletes }: TargetWork, after: Listing): string[] {
  const ours = [...files.values()].map(({ file }) => file);
  return overlapOf(listing, after, { files: ours, deletes: deletes.map(({ path }) => path) });
}

// A name for both, and readers would get one or the other.
function tagProblem({ push }: TargetWork, tag: string): string | undefined {
  return push.limits.refusedTag(tag) ?? (tag === push.base.branch ? 'its branch has that name' : undefined);
}

function refuseLarge({ ref, push }: TargetWork, found: readonly FoundFile[]): void {
  const large = found.filter(({ sizeBytes }) => sizeBytes > push.limits.fileBytes);
  if (large.length === 0) return;
  const names = large.slice(0, 10).map(({ name, sizeBytes }) => `"${printable(name)}" (${showBytes(sizeBytes)})`);
  throw new ModelFetchError(
    'TOO_LARGE',
    `${repositoryOf(ref)} takes files of at most ${showBytes(push.limits.fileBytes)}, and not ${names.join(', ')}.`,
    { hint: 'Save the model in more and smaller shards.' },
  );
}

// Where the tag is on the head, it is no conflict yet: perhaps nothing has changed.
async function refuseTag(work: TargetWork, tag: string, moveTag: boolean, signal: AbortSignal): Promise<void> {
  if (!work.push.base.hasRepository) return;
  const found = await work.push.findTag(tag, signal);
  if (found === undefined) return;
  const head = work.push.base.commit;
  work.isTagTaken = true;
  if (head !== undefined && found.revision === head) work.tag = tag;
  if (moveTag && work.push.limits.canMoveTag) return;
  if (head === undefined || found.revision === undefined || found.revision === head) return;
  throw tagConflict(work, tag);
}

export function tagConflict(work: TargetWork, tag: string): ModelFetchError {
  const canMove = work.push.limits.canMoveTag;
  return new ModelFetchError('TAG_CONFLICT', `The tag ${quote(tag)} of ${nameOf(work)} is on another commit.`, {
    hint: canMove ? 'Choose another tag, or set `move-tag`.' : 'Choose another tag: this hub cannot move one.',
  });
}
