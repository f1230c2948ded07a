// The one error class, and the one table of its codes: family, exit code, meaning. Bugs stay plain `Error`.

/** Families decide the exit code of the command and, with core/retry.ts, whether another try makes sense. */
export const FAMILIES = {
  usage: { exit: 2, meaning: 'What was asked for cannot be done as it was asked; no file was moved.' },
  hub: { exit: 3, meaning: 'A hub answered and said no.' },
  network: { exit: 4, meaning: 'A host could not be reached or did not keep up; tried again before giving up.' },
  integrity: { exit: 5, meaning: 'Bytes arrived, and they are not the bytes that the hub promised.' },
  disk: { exit: 6, meaning: 'This machine cannot hold or write the files.' },
  cancelled: { exit: 130, meaning: 'The run was stopped from outside; what arrived is kept for the next one.' },
  cache: { exit: 0, meaning: 'The runner cache failed. Never fails a run: a warning.' },
} as const satisfies Record<string, { exit: number; meaning: string }>;

export type Family = keyof typeof FAMILIES;

/** Every code, once. docs/errors.md is made from this table. */
export const CODES = {
  BAD_OPTION: {
    family: 'usage',
    meaning: 'An option has a value that it cannot take, or options contradict each other.',
  },
  BAD_REF: { family: 'usage', meaning: 'A model reference cannot be read.' },
  UNKNOWN_HUB: { family: 'usage', meaning: 'A reference names a hub that is not known.' },
  NOT_BUILT: { family: 'usage', meaning: 'The mode is planned and not built yet.' },
  BAD_LOCK: { family: 'usage', meaning: 'A lock file is missing, cannot be read, or is no longer what was written.' },
  LOCK_MISMATCH: {
    family: 'usage',
    meaning: 'The lock file disagrees with what was asked for, or with what the hub has; each difference is named.',
  },
  OFFLINE: {
    family: 'usage',
    meaning: 'With `offline` something is wanted that is not on this machine; each thing is named.',
  },
  TOKEN_COMMAND: {
    family: 'usage',
    meaning: 'The program that `token` names could not be run, failed, took too long or wrote no token.',
  },
  NO_MATCH: { family: 'usage', meaning: 'The filters leave no file of the repository.' },
  UNSAFE_PATH: { family: 'usage', meaning: 'A listing names a file that must not or cannot be written as asked.' },
  EMPTY_FOLDER: {
    family: 'usage',
    meaning: 'The folder that is to be published is not there, or has no file at all.',
  },
  OUTSIDE_WORKSPACE: {
    family: 'usage',
    meaning: 'A symbolic link leads out of the workspace, so what lies there is not published.',
  },
  NAME_COLLISION: { family: 'usage', meaning: 'Two files would get one name in the repository.' },
  NAME_REFUSED: { family: 'usage', meaning: 'A file has a name that the hub, or some system, does not take.' },
  CHECK_FAILED: { family: 'usage', meaning: 'A check of the files before publishing found something; each is named.' },
  TOO_MANY_DELETES: { family: 'usage', meaning: 'More files would be deleted than `max-deletes` allows.' },
  TAG_CONFLICT: { family: 'usage', meaning: 'The tag is on another commit, and `move-tag` is not set.' },
  NOT_FOUND: { family: 'hub', meaning: 'The hub has no such repository, or hides it from this token.' },
  REVISION_NOT_FOUND: { family: 'hub', meaning: 'The repository has no such branch, tag, commit or matching version.' },
  FILE_NOT_FOUND: { family: 'hub', meaning: 'The hub listed a file and then did not have it.' },
  AUTH_REQUIRED: { family: 'hub', meaning: 'The hub wants a token and none was given.' },
  FORBIDDEN: { family: 'hub', meaning: 'The token is not accepted, or has no access to this repository.' },
  READ_ONLY: { family: 'hub', meaning: 'The token may read the repository and may not publish to it.' },
  NO_IDENTITY: { family: 'hub', meaning: 'The job has no identity that the hub would take in place of a token.' },
  CONFLICT: { family: 'hub', meaning: 'The repository changed in the meantime, or a tag is already taken.' },
  QUOTA: { family: 'hub', meaning: 'The storage or the allowance of the account on the hub is used up.' },
  TOO_LARGE: { family: 'hub', meaning: 'A file or a commit is larger than the hub takes.' },
  REFUSED: { family: 'hub', meaning: 'The hub refused the release for a reason of its own, which the message quotes.' },
  HUB_PROTOCOL: { family: 'hub', meaning: 'The endpoint does not answer like this hub; often a web page or a proxy.' },
  NETWORK: { family: 'network', meaning: 'A connection could not be made or broke off.' },
  TIMEOUT: { family: 'network', meaning: 'A host did not answer in time.' },
  STALLED: { family: 'network', meaning: 'A host stopped sending in the middle of a file.' },
  RATE_LIMITED: { family: 'network', meaning: 'A host asked for fewer requests, for longer than the retries allow.' },
  BUSY: {
    family: 'network',
    meaning: 'Another commit is being made in the repository, for longer than the retries allow.',
  },
  SERVER: { family: 'network', meaning: 'A host failed with a server error.' },
  LINK_EXPIRED: { family: 'network', meaning: 'A signed link was refused, also after it was made anew.' },
  SIZE_MISMATCH: { family: 'integrity', meaning: 'A file is longer or shorter than the listing says.' },
  DIGEST_MISMATCH: { family: 'integrity', meaning: 'The digest of a file is not the one in the listing.' },
  UNVERIFIABLE: { family: 'integrity', meaning: 'The listing gives no digest for a file, so nothing could prove it.' },
  INCOMPLETE: { family: 'integrity', meaning: 'Some files of the snapshot could not be had; each is named.' },
  PARTLY_PUBLISHED: {
    family: 'integrity',
    meaning:
      'Some targets have the release, or may have it, and others do not; the message says which. The next run completes it.',
  },
  DISK_FULL: { family: 'disk', meaning: 'The files do not fit on the disk.' },
  STORE_FORMAT: { family: 'disk', meaning: 'The store was written by a newer version of this program.' },
  DISK_IO: { family: 'disk', meaning: 'A folder or file cannot be read or written.' },
  FILE_CHANGED: { family: 'disk', meaning: 'A file changed while it was read to be published.' },
  ABORTED: { family: 'cancelled', meaning: 'The run was cancelled.' },
  CACHE_RESTORE: { family: 'cache', meaning: 'The runner cache could not be read.' },
  CACHE_SAVE: { family: 'cache', meaning: 'The runner cache could not be written.' },
} as const satisfies Record<string, { family: Family; meaning: string }>;

export type ErrorCode = keyof typeof CODES;

export interface ErrorDetail {
  /** What the person should do next, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
  /** How long the host asked to be left alone, in milliseconds. */
  readonly waitMs?: number;
}

/** `message` says what happened to which file from which host; `hint` what to do next. Callers branch on `code` only. */
export class ModelFetchError extends Error {
  override readonly name = 'ModelFetchError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly waitMs: number | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.hint = detail.hint;
    this.waitMs = detail.waitMs;
  }
}

export function familyOf(code: ErrorCode): Family {
  return CODES[code].family;
}

/** The exit code of a command that ended with this error; 1 for a bug. */
export function exitCodeOf(error: unknown): number {
  return error instanceof ModelFetchError ? FAMILIES[familyOf(error.code)].exit : 1;
}

/** The code of a typed error, or undefined for anything else. */
export function codeOf(error: unknown): ErrorCode | undefined {
  return error instanceof ModelFetchError ? error.code : undefined;
}

/** The error that stands for a cancelled run. */
export function aborted(): ModelFetchError {
  return new ModelFetchError('ABORTED', 'The run was cancelled.', {
    hint: 'Run the same command again: what arrived so far is kept.',
  });
}
