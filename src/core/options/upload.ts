// The rows of the table of options that only publishing knows, and what they become. Part of core/options.ts, which joins them.

import type { OptionRow } from '../options.ts';

/** Checks of the files before they are published; each can be turned off by its name. */
export const CHECKS = {
  safetensors: 'the header of a safetensors file parses, and its tensors fill the file exactly',
  'shard-index': 'a shard index names exactly the shards that are there',
  'lfs-pointer': 'no file is the text of a git-lfs pointer in place of its content',
  secrets: 'no file has the name of a secret, such as .env, *.pem or id_rsa',
  json: 'JSON files parse',
  'front-matter': 'the front matter of a README is valid YAML',
} as const;

export type CheckName = keyof typeof CHECKS;
export const CHECK_NAMES = Object.keys(CHECKS) as CheckName[];

const MODES = ['upload'] as const;

export const UPLOAD_OPTIONS = {
  'path-in-repo': {
    kind: 'text',
    modes: MODES,
    value: 'folder',
    default: '',
    description: 'Folder of the repository that the files go to. Default: its root. A subpath of a reference wins.',
  },
  tag: {
    kind: 'text',
    modes: MODES,
    value: 'name',
    default: '',
    description:
      'Tag for the commit, made at the end. Default: the tag whose push started the workflow; `false` makes none. A tag that is already on that commit is fine.',
  },
  'move-tag': {
    kind: 'flag',
    modes: MODES,
    value: '',
    default: 'false',
    description:
      'Whether a tag that is on another commit is moved. Else it is a conflict, found before anything moves.',
  },
  message: {
    kind: 'text',
    modes: MODES,
    value: 'text',
    default: '',
    description: 'Message of the commit. Default: names the repository, the commit and the run.',
  },
  create: {
    kind: 'choice',
    choices: ['true', 'false'],
    modes: MODES,
    value: 'whether',
    default: 'true',
    description: 'Whether a repository or branch that does not exist is created.',
  },
  visibility: {
    kind: 'choice',
    choices: ['private', 'public'],
    modes: MODES,
    value: 'who',
    default: 'private',
    description: 'Who may see a repository that is created. One that exists is left as it is.',
  },
  license: {
    kind: 'text',
    modes: MODES,
    value: 'spdx-id',
    default: '',
    description: 'Licence of a repository that is created, as an SPDX id in lower case, such as `apache-2.0`.',
  },
  delete: {
    kind: 'list',
    modes: MODES,
    value: 'glob',
    default: '',
    description:
      'Files of the repository that match one of these globs and are not in `path` are deleted, in the same commit. One a line. Default: none.',
  },
  'max-deletes': {
    kind: 'count',
    min: 0,
    max: 100_000,
    modes: MODES,
    value: 'n',
    default: '10',
    description: 'The most files that may be deleted; more end the run before anything moves.',
  },
  'create-pr': {
    kind: 'flag',
    modes: MODES,
    value: '',
    default: 'false',
    description:
      'Whether to propose the release in a pull request, one and the same while it is open, and not to commit to the branch (Hugging Face).',
  },
  checks: {
    kind: 'list',
    modes: MODES,
    value: 'name',
    default: '',
    description: `Checks to leave out, one a line: ${CHECK_NAMES.map((name) => `\`no-${name}\``).join(', ')}; \`none\` leaves out all. Default: every check runs before anything moves.`,
  },
} as const satisfies Record<string, OptionRow>;

/** Settings of a run that publishes, checked. */
export interface UploadOptions {
  /** A folder, or files and folders; relative ones lie below the working folder. At least one. */
  readonly paths: readonly string[];
  /** Folder of the repository; empty for its root. */
  readonly pathInRepo: string;
  /** `false`: none. Undefined: the tag whose push started the run, if one did. */
  readonly tag: string | false | undefined;
  readonly moveTag: boolean;
  readonly message: string | undefined;
  readonly create: boolean;
  readonly visibility: 'private' | 'public';
  readonly license: string | undefined;
  /** Globs; empty: nothing is deleted. */
  readonly deletes: readonly string[];
  readonly maxDeletes: number;
  readonly createPr: boolean;
  readonly checks: ReadonlySet<CheckName>;
}
