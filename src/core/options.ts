// THE table of options. action.yml, the command's help, README and every check are made from it.

import type { ModelRef } from './ref.ts';
import { UPLOAD_OPTIONS, type UploadOptions } from './upload-options.ts';

/** How an option's text is read. A list has one entry a line, `#` begins a comment line. */
export type OptionKind =
  | { readonly kind: 'text' }
  | { readonly kind: 'list' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'count'; readonly min: number; readonly max: number };

export type OptionRow = OptionKind & {
  /** The modes that know it; `download` alone unless given. */
  readonly modes?: readonly Mode[];
  /** What the value is called in the command's help. */
  readonly value: string;
  readonly default: string;
  readonly required?: true;
  readonly secret?: true;
  readonly description: string;
};

export const MODES = ['download', 'upload', 'mirror'] as const;
export type Mode = (typeof MODES)[number];
const BOTH: readonly Mode[] = ['download', 'upload'];

export const OPTIONS = {
  mode: {
    kind: 'choice',
    choices: MODES,
    modes: MODES,
    value: 'mode',
    default: 'download',
    description: 'What to do. `mirror` is not built yet. For the command it is the first word.',
  },
  model: {
    kind: 'list',
    modes: BOTH,
    value: 'reference',
    default: '',
    required: true,
    description:
      'Models, one a line: `[hub:][datasets/]owner/name[@revision][:subpath]`, or the address of a page. Hubs: `ms` (ModelScope, the default), `hf` (Hugging Face). For `upload`: where the files go, each with its branch.',
  },
  path: {
    kind: 'text',
    modes: BOTH,
    value: 'folder',
    default: '',
    description:
      'Folder for the files; with several models each gets `owner/name` below it. Default: in a runner a folder below `RUNNER_TEMP`, in a terminal `./models/owner/name`. For `upload`: the folder to publish, or files, one a line.',
  },
  revision: {
    kind: 'text',
    modes: BOTH,
    value: 'revision',
    default: '',
    description:
      'Branch, tag, commit, or a semver range over tags (`^1.2`, `~2.0`, `latest`), for references that name none. Default: the default branch. For `upload`: a branch.',
  },
  include: {
    kind: 'list',
    modes: BOTH,
    value: 'glob',
    default: '',
    description: 'Only files that match one of these globs, one a line, written as in .gitignore, case-sensitive.',
  },
  exclude: {
    kind: 'list',
    modes: BOTH,
    value: 'glob',
    default: '',
    description: 'No files that match one of these globs, one a line; wins over `include`.',
  },
  token: {
    kind: 'text',
    modes: BOTH,
    value: 'token',
    default: '',
    secret: true,
    description:
      'Access token for the hub; or the path of a file that holds it, read again when the token ends; or `oidc`, where the hub trusts the job itself (Hugging Face: trusted publishers). Default: `MODELSCOPE_API_TOKEN` or `HF_TOKEN` from the environment. Sent to the hub’s own origin only.',
  },
  endpoint: {
    kind: 'text',
    modes: BOTH,
    value: 'url',
    default: '',
    description:
      'Address of the hub or of a mirror that speaks its protocol. Default: `MODELSCOPE_ENDPOINT`, `MODELSCOPE_DOMAIN` or `HF_ENDPOINT`, else the public hub.',
  },
  cache: {
    kind: 'choice',
    choices: ['true', 'read-only', 'false'],
    value: 'when',
    default: 'true',
    description:
      'Whether to restore from and save to the runner cache. `read-only` restores and never saves. The command has no runner cache.',
  },
  store: {
    kind: 'text',
    modes: BOTH,
    value: 'folder',
    default: '',
    description:
      'Folder of the content-addressed store, best on the same disk as `path`. Default: below `RUNNER_TOOL_CACHE` on self-hosted runners, below `RUNNER_TEMP` on hosted ones, else the user’s cache folder.',
  },
  connections: {
    kind: 'count',
    min: 1,
    max: 64,
    modes: BOTH,
    value: 'n',
    default: '8',
    description: 'Connections at the same time, over all files.',
  },
  retries: {
    kind: 'count',
    min: 0,
    max: 100,
    modes: BOTH,
    value: 'n',
    default: '5',
    description: 'How often a request is tried again after a passing failure.',
  },
  'dry-run': {
    kind: 'flag',
    modes: BOTH,
    value: '',
    default: 'false',
    description: 'Only say what would be done: every file with its step and its reason.',
  },
  verify: {
    kind: 'choice',
    choices: ['receipt', 'full'],
    modes: BOTH,
    value: 'how',
    default: 'receipt',
    description:
      'How files that are already here are checked: `receipt` trusts a file that is untouched since it was hashed, `full` hashes every file again. New bytes are always hashed.',
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
  return optionRow(name).modes ?? ['download'];
}

/** Every setting of a run, checked. */
export interface Options {
  readonly mode: Mode;
  readonly models: readonly ModelRef[];
  readonly path: string | undefined;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly token: string | undefined;
  readonly endpoint: string | undefined;
  readonly cache: 'true' | 'read-only' | 'false';
  readonly store: string | undefined;
  readonly connections: number;
  readonly retries: number;
  readonly dryRun: boolean;
  readonly verify: 'receipt' | 'full';
  /** In the mode `upload`, and in no other. */
  readonly upload?: UploadOptions;
}

/** Options as text, as they come from action inputs or from flags. Absent and empty both mean the default. */
export type RawOptions = Partial<Record<OptionName, string>>;

/** The folder of a model below the common one: its repository's name. */
export function folderNameOf(ref: ModelRef): string {
  return ref.repo;
}
