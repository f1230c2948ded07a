// THE table of options. action.yml, the command's help, README and every check are made from it.

import { readEndpoint } from './endpoint.ts';
import { ModelFetchError } from './errors.ts';
import { type HubGrammar, isRevision, type ModelRef, parseRef } from './ref.ts';

/** How an option's text is read. A list has one entry a line, `#` begins a comment line. */
export type OptionKind =
  | { readonly kind: 'text' }
  | { readonly kind: 'list' }
  | { readonly kind: 'flag' }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  | { readonly kind: 'count'; readonly min: number; readonly max: number };

export type OptionRow = OptionKind & {
  /** What the value is called in the command's help. */
  readonly value: string;
  readonly default: string;
  readonly required?: true;
  readonly secret?: true;
  readonly description: string;
};

export const MODES = ['download', 'upload', 'mirror'] as const;
export type Mode = (typeof MODES)[number];

export const OPTIONS = {
  mode: {
    kind: 'choice',
    choices: MODES,
    value: 'mode',
    default: 'download',
    description: 'What to do. `upload` and `mirror` are not built yet. For the command it is the first word.',
  },
  model: {
    kind: 'list',
    value: 'reference',
    default: '',
    required: true,
    description:
      'Models, one a line: `[hub:][datasets/]owner/name[@revision][:subpath]`, or the address of a page. Hubs: `ms` (ModelScope, the default), `hf` (Hugging Face).',
  },
  path: {
    kind: 'text',
    value: 'folder',
    default: '',
    description:
      'Folder for the files; with several models each gets `owner/name` below it. Default: in a runner a folder below `RUNNER_TEMP`, in a terminal `./models/owner/name`.',
  },
  revision: {
    kind: 'text',
    value: 'revision',
    default: '',
    description:
      'Branch, tag, commit, or a semver range over tags (`^1.2`, `~2.0`, `latest`), for references that name none. Default: the default branch.',
  },
  include: {
    kind: 'list',
    value: 'glob',
    default: '',
    description: 'Only files that match one of these globs, one a line, written as in .gitignore, case-sensitive.',
  },
  exclude: {
    kind: 'list',
    value: 'glob',
    default: '',
    description: 'No files that match one of these globs, one a line; wins over `include`.',
  },
  token: {
    kind: 'text',
    value: 'token',
    default: '',
    secret: true,
    description:
      'Access token for the hub. Default: `MODELSCOPE_API_TOKEN` or `HF_TOKEN` from the environment. Sent to the hub’s own origin only.',
  },
  endpoint: {
    kind: 'text',
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
    value: 'folder',
    default: '',
    description:
      'Folder of the content-addressed store, best on the same disk as `path`. Default: below `RUNNER_TOOL_CACHE` on self-hosted runners, below `RUNNER_TEMP` on hosted ones, else the user’s cache folder.',
  },
  connections: {
    kind: 'count',
    min: 1,
    max: 64,
    value: 'n',
    default: '8',
    description: 'Connections at the same time, over all files.',
  },
  retries: {
    kind: 'count',
    min: 0,
    max: 100,
    value: 'n',
    default: '5',
    description: 'How often a request is tried again after a passing failure.',
  },
  'dry-run': {
    kind: 'flag',
    value: '',
    default: 'false',
    description: 'Only say what would be done: every file with its step and its reason.',
  },
  verify: {
    kind: 'choice',
    choices: ['receipt', 'full'],
    value: 'how',
    default: 'receipt',
    description:
      'How files that are already here are checked: `receipt` trusts a file that is untouched since it was hashed, `full` hashes every file again. New bytes are always hashed.',
  },
} as const satisfies Record<string, OptionRow>;

export type OptionName = keyof typeof OPTIONS;
export const OPTION_NAMES = Object.keys(OPTIONS) as OptionName[];

/** The row of an option, its kind still to be asked. */
export function optionRow(name: OptionName): OptionRow {
  return OPTIONS[name];
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
}

/** Options as text, as they come from action inputs or from flags. Absent and empty both mean the default. */
export type RawOptions = Partial<Record<OptionName, string>>;

/** Reads and checks everything at once.
 * @throws NOT_BUILT, BAD_REF, UNKNOWN_HUB or BAD_OPTION: of several problems all are named, in one BAD_OPTION when their codes
 * differ. */
export function parseOptions(raw: RawOptions, hubs: readonly HubGrammar[]): Options {
  const problems: ModelFetchError[] = [];
  const attempt = <T>(read: () => T, fallback: T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ModelFetchError)) throw error;
      problems.push(error);
      return fallback;
    }
  };
  const text = (name: OptionName) => textOf(raw, name);
  const choice = <T extends string>(name: OptionName) => attempt(() => readChoice(name, text(name)), '') as T;
  const count = (name: OptionName) => attempt(() => readCount(name, text(name)), 0);
  const revision = attempt(() => readRevision(text('revision')), undefined);
  const models = readList(text('model')).flatMap((line) => attempt(() => [parseRef(line, hubs)], []));
  const options: Options = {
    mode: choice<Mode>('mode'),
    models: models.map((ref) => (revision === undefined || ref.revision !== undefined ? ref : { ...ref, revision })),
    path: text('path').trim() || undefined,
    include: readList(text('include')),
    exclude: readList(text('exclude')),
    token: text('token').trim() || undefined,
    endpoint: attempt(() => readEndpoint('endpoint', text('endpoint')), undefined),
    cache: choice<Options['cache']>('cache'),
    store: text('store').trim() || undefined,
    connections: count('connections'),
    retries: count('retries'),
    dryRun: attempt(() => readFlag('dry-run', text('dry-run')), false),
    verify: choice<Options['verify']>('verify'),
  };
  if (readList(text('model')).length === 0)
    problems.push(bad('`model` is empty', 'Name at least one model, such as `owner/name`.'));
  problems.push(...contradictions(options));
  if (problems.length > 0) throw joinProblems(problems);
  return Object.freeze(options);
}

function textOf(raw: RawOptions, name: OptionName): string {
  const given = raw[name];
  return given === undefined || given.trim() === '' ? OPTIONS[name].default : given;
}

function readList(text: string): string[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

function readChoice(name: OptionName, text: string): string {
  const row = optionRow(name);
  const choices = row.kind === 'choice' ? row.choices : [];
  const value = text.trim().toLowerCase();
  if (!choices.includes(value)) throw bad(`\`${name}\` is "${text}"`, `It can be ${choices.join(', ')}.`);
  if (name === 'mode' && value !== 'download') {
    throw new ModelFetchError('NOT_BUILT', `The mode \`${value}\` is not built yet.`, { hint: 'Only `download` is.' });
  }
  return value;
}

function readCount(name: OptionName, text: string): number {
  const row = optionRow(name);
  const [min, max] = row.kind === 'count' ? [row.min, row.max] : [0, 0];
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw bad(`\`${name}\` is "${text}"`, `It is a whole number from ${min} to ${max}.`);
  return value;
}

function readFlag(name: OptionName, text: string): boolean {
  const value = text.trim().toLowerCase();
  if (value !== 'true' && value !== 'false') throw bad(`\`${name}\` is "${text}"`, 'It can be true or false.');
  return value === 'true';
}

function readRevision(text: string): string | undefined {
  if (text === '') return undefined;
  if (!isRevision(text.trim()))
    throw bad(`\`revision\` is "${text}"`, 'It is a branch, a tag, a commit or a semver range.');
  return text.trim();
}

function contradictions({ models, token, endpoint }: Options): ModelFetchError[] {
  const hubs = [...new Set(models.map((ref) => ref.hub))];
  const problems: ModelFetchError[] = [];
  for (const [name, value] of [
    ['token', token],
    ['endpoint', endpoint],
  ] as const) {
    if (value === undefined || hubs.length < 2) continue;
    problems.push(
      bad(
        `\`${name}\` is given for models of several hubs (${hubs.join(', ')})`,
        'Set each hub’s own environment variables, or use one step for each hub.',
      ),
    );
  }
  for (const [index, ref] of models.entries()) {
    const other = models.slice(0, index).find((earlier) => shareFolder(earlier, ref));
    if (other === undefined) continue;
    const names = [...new Set([folderNameOf(other), folderNameOf(ref)])].join(' and ');
    problems.push(bad(`two references would share a folder (${names})`, 'Use one step for each, with its own `path`.'));
  }
  return problems;
}

// The same folder, or one inside the other.
function shareFolder(a: ModelRef, b: ModelRef): boolean {
  const [one, two] = [a, b].map((ref) => `${folderNameOf(ref).toLowerCase()}/`);
  return one !== undefined && two !== undefined && (one.startsWith(two) || two.startsWith(one));
}

/** The folder of a model below the common one: its repository's name. */
export function folderNameOf(ref: ModelRef): string {
  return ref.repo;
}

function bad(what: string, hint: string): ModelFetchError {
  return new ModelFetchError('BAD_OPTION', `${what}.`, { hint });
}

function joinProblems(problems: readonly ModelFetchError[]): ModelFetchError {
  const [first, ...rest] = problems;
  if (first !== undefined && rest.length === 0) return first;
  const same = problems.every((problem) => problem.code === first?.code);
  const lines = problems.map(({ message, hint }) => `- ${message}${hint === undefined ? '' : ` ${hint}`}`);
  return new ModelFetchError(
    same && first !== undefined ? first.code : 'BAD_OPTION',
    `${problems.length} problems:\n${lines.join('\n')}`,
  );
}
