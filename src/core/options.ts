// THE table of options. action.yml, the command's help, README and every check are made from it.

import type { Mirror } from './mirror.ts';
import { CACHE_OPTIONS, type CacheOptions } from './options/cache.ts';
import { UPLOAD_OPTIONS, type UploadOptions } from './options/upload.ts';
import type { ModelRef } from './ref.ts';
import type { StoreLimit } from './store/limit.ts';

/** How an option's text is read. A list has one entry a line, `#` begins a comment line. */
export type OptionKind =
  | { readonly kind: 'text' }
  | { readonly kind: 'list' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'count'; readonly min: number; readonly max: number }
  /** Bytes, as core/text/byte-size.ts reads them. */
  | { readonly kind: 'size' };

export type OptionRow = OptionKind & {
  /** The modes that know it. */
  readonly modes: readonly Mode[];
  /** What the value is called in the command's help. */
  readonly value: string;
  readonly default: string;
  readonly secret?: true;
  /** It names a file or folder of this machine. */
  readonly isPlace?: true;
  readonly description: string;
};

export const BUILT_MODES = ['download', 'lock', 'upload'] as const;
export const MODES = [...BUILT_MODES, 'mirror'] as const;
export type Mode = (typeof MODES)[number];

// What modes have in common: moving bytes, using a lock file, or nothing but that `download` knows it.
const MOVING = ['download', 'upload'] as const;
const LOCKING = ['download', 'lock'] as const;
const DOWNLOAD = ['download'] as const;

/** What each mode does, as the command's help says it. */
export const MODE_MEANINGS: Readonly<Record<Mode, string>> = {
  download: 'Bring models to a folder, every file verified.',
  lock: 'Write to the lock file what the models are now: those named, or all that it has.',
  upload: 'Publish a folder: only what changed moves, in one commit.',
  mirror: 'Not built yet.',
};

export const OPTIONS = {
  mode: {
    kind: 'choice',
    choices: MODES,
    modes: MODES,
    value: 'mode',
    default: 'download',
    description:
      'What to do. `lock` writes what the models are now to the lock file and fetches nothing, `upload` publishes a folder. `mirror` is not built yet. For the command it is the first word.',
  },
  model: {
    kind: 'list',
    modes: BUILT_MODES,
    value: 'reference',
    default: '',
    description:
      'Models, one a line: `[hub:][datasets/]owner/name[@revision][:subpath]`, or the address of a page. Hubs: `ms` (ModelScope, the default), `hf` (Hugging Face). For `upload`: where the files go, each with its branch. Needed but for `lock`, which without it locks anew what the lock file has.',
  },
  path: {
    kind: 'text',
    modes: MOVING,
    value: 'folder',
    default: '',
    isPlace: true,
    description:
      'Folder for the files; with several models each gets `owner/name` below it. Default: in a runner a folder below `RUNNER_TEMP`, in a terminal `./models/owner/name`. For `upload`: the folder to publish, or files, one a line.',
  },
  revision: {
    kind: 'text',
    modes: BUILT_MODES,
    value: 'revision',
    default: '',
    description:
      'Branch, tag, commit, or a semver range over tags (`^1.2`, `~2.0`, `latest`), for references that name none. Default: the default branch. For `upload`: a branch.',
  },
  include: {
    kind: 'list',
    modes: BUILT_MODES,
    value: 'glob',
    default: '',
    description:
      'Only files that match one of these globs, one a line, written as in .gitignore, case-sensitive. A glob has at most two `**` and 4096 characters.',
  },
  exclude: {
    kind: 'list',
    modes: BUILT_MODES,
    value: 'glob',
    default: '',
    description: 'No files that match one of these globs, one a line, of the same form; wins over `include`.',
  },
  lock: {
    kind: 'text',
    modes: LOCKING,
    value: 'file',
    default: '',
    isPlace: true,
    description:
      'Lock file, JSON: the revision of each model, and size and digest of each file. What it has is fetched as it says, without asking the hub. With the mode `lock` the file to write; default there, and with `locked`: `model.lock`.',
  },
  locked: {
    kind: 'flag',
    modes: LOCKING,
    value: '',
    default: 'false',
    description:
      'Take nothing that the lock file does not have: a model that is not in it, or was locked with other filters, is an error. With the mode `lock`: write nothing, and fail when the hub has something else by now.',
  },
  offline: {
    kind: 'flag',
    modes: DOWNLOAD,
    value: '',
    default: 'false',
    description:
      'Use only what is on this machine, and open no connection: what is missing is named, and the run fails. Branches and tags mean what they meant last on this machine.',
  },
  'last-known': {
    kind: 'flag',
    modes: DOWNLOAD,
    value: '',
    default: 'false',
    description:
      'When the hub cannot be reached or refuses for load, take what a branch or tag meant last on this machine, with a warning, instead of failing.',
  },
  token: {
    kind: 'text',
    modes: BUILT_MODES,
    value: 'token',
    default: '',
    secret: true,
    description:
      'Access token for the hub; or the path of a file that holds it, read again when the token ends; or `command: program argument …`, a program that writes it to its standard output, run once, without a shell, and again when the token ends; or `oidc`, where the hub trusts the job itself (Hugging Face: trusted publishers). Default: `MODELSCOPE_API_TOKEN` or `HF_TOKEN` from the environment. Sent to the hub’s own origin only.',
  },
  endpoint: {
    kind: 'text',
    modes: BUILT_MODES,
    value: 'url',
    default: '',
    description:
      'Address of the hub or of a mirror that speaks its protocol. Default: `MODELSCOPE_ENDPOINT`, `MODELSCOPE_DOMAIN` or `HF_ENDPOINT`, else the public hub.',
  },
  mirrors: {
    kind: 'list',
    modes: DOWNLOAD,
    value: 'address',
    default: '',
    description:
      'Further places for the same files, one a line: a site that speaks the hub’s protocol, or a pattern such as `https://files.example.com/{repo}/{revision}/{path}` (also `{owner}`, `{name}`, `{sha256}`). Used beside the hub and ranked by their speed; listings and digests come from the hub alone. They get no token.',
  },
  ...CACHE_OPTIONS,
  store: {
    kind: 'text',
    modes: BUILT_MODES,
    value: 'folder',
    default: '',
    isPlace: true,
    description:
      'Folder of the content-addressed store, best on the same disk as `path`. Default: below `RUNNER_TOOL_CACHE` on self-hosted runners, below `RUNNER_TEMP` on hosted ones, else the user’s cache folder.',
  },
  'store-limit': {
    kind: 'text',
    modes: DOWNLOAD,
    value: 'size',
    default: '',
    description:
      'How large the store may be: bytes, such as `50GiB`, or a share of its disk, such as `20%`. At the end of a run what was used longest ago is removed; never what a run or a lock file needs. Default: no limit.',
  },
  connections: {
    kind: 'count',
    min: 1,
    max: 64,
    modes: MOVING,
    value: 'n',
    default: '8',
    description: 'Connections at the same time, over all files.',
  },
  retries: {
    kind: 'count',
    min: 0,
    max: 100,
    modes: BUILT_MODES,
    value: 'n',
    default: '5',
    description: 'How often a request is tried again after a passing failure.',
  },
  'dry-run': {
    kind: 'flag',
    modes: BUILT_MODES,
    value: '',
    default: 'false',
    description: 'Only say what would be done: every file with its step and its reason.',
  },
  verify: {
    kind: 'choice',
    choices: ['receipt', 'sample', 'full'],
    modes: MOVING,
    value: 'how',
    default: 'receipt',
    description:
      'How files that are already here are checked: `receipt` trusts a file that is untouched since it was hashed, `full` hashes every file again, `sample` each with a chance of one in ten. New bytes are always hashed.',
  },
  ...UPLOAD_OPTIONS,
} as const satisfies Record<string, OptionRow>;

export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The row of an option, its kind still to be asked. */
export function optionRow(name: OptionName): OptionRow {
  return OPTIONS[name];
}

/** The modes that know an option. */
export function modesOf(name: OptionName): readonly Mode[] {
  return optionRow(name).modes;
}

/** The options of a mode, in the order of the table. A mode that is not built takes any, and says then that it is not built. */
export function optionsOf(mode: Mode): readonly OptionName[] {
  return isBuilt(mode) ? OPTION_NAMES.filter((name) => modesOf(name).includes(mode)) : OPTION_NAMES;
}

export function isMode(text: string): text is Mode {
  return (MODES as readonly string[]).includes(text);
}

export function isBuilt(mode: Mode): boolean {
  return (BUILT_MODES as readonly Mode[]).includes(mode);
}

/** Every setting of a run, checked. */
export interface Options extends CacheOptions {
  readonly mode: Mode;
  readonly models: readonly ModelRef[];
  readonly path: string | undefined;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly lock: string | undefined;
  readonly locked: boolean;
  readonly offline: boolean;
  readonly lastKnown: boolean;
  readonly token: string | undefined;
  readonly endpoint: string | undefined;
  readonly mirrors: readonly Mirror[];
  readonly store: string | undefined;
  readonly storeLimit: StoreLimit | undefined;
  readonly connections: number;
  readonly retries: number;
  readonly dryRun: boolean;
  readonly verify: 'receipt' | 'sample' | 'full';
  /** In the mode `upload`, and in no other. */
  readonly upload?: UploadOptions;
}

/** The lock file of a run that needs one and names none. */
export const DEFAULT_LOCK = 'model.lock';

/** Options as text, as they come from action inputs or from flags. Absent and empty both mean the default. */
export type RawOptions = Partial<Record<OptionName, string>>;

/** The folder of a model below the common one: its repository's name. */
export function folderNameOf(ref: ModelRef): string {
  return ref.repo;
}
