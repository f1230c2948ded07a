// Options as text → options as settings. Every problem is found before any is told.

import { readEndpoint } from '../endpoint.ts';
import { ModelFetchError } from '../errors.ts';
import { isGlob } from '../filter.ts';
import { mirrorName, readMirror } from '../mirror.ts';
import {
  BUILT_MODES,
  DEFAULT_LOCK,
  folderNameOf,
  isBuilt,
  isMode,
  type Mode,
  modesOf,
  OPTION_NAMES,
  OPTIONS,
  type OptionName,
  type Options,
  optionRow,
  optionsOf,
  type RawOptions,
} from '../options.ts';
import { formatRef, type HubGrammar, isRevision, type ModelRef, parseRef } from '../ref.ts';
import { parseStoreLimit, type StoreLimit } from '../store/limit.ts';
import { parseByteSize } from '../text/byte-size.ts';
import { quote } from '../text/quote.ts';
import { readTokenOption, tokenWay } from '../token.ts';
import { readUploadOptions, targetProblems } from './parse-upload.ts';

/** Reads and checks everything at once.
 * @throws NOT_BUILT, BAD_REF, UNKNOWN_HUB or BAD_OPTION: of several problems all are named, in one BAD_OPTION when their codes
 * differ. */
export function parseOptions(raw: RawOptions, hubs: readonly HubGrammar[]): Options {
  const mode = textOf(raw, 'mode').trim().toLowerCase();
  if (isMode(mode) && !isBuilt(mode)) {
    throw new ModelFetchError('NOT_BUILT', `The mode \`${mode}\` is not built yet.`, {
      hint: `It can be ${BUILT_MODES.join(', ')}.`,
    });
  }
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
  const flag = (name: OptionName) => attempt(() => readFlag(name, text(name)), false);
  const list = (name: OptionName) => readList(text(name));
  const globs = (name: OptionName) => list(name).flatMap((line) => attempt(() => [readGlob(name, line)], []));
  const locked = flag('locked');
  const revision = attempt(() => readRevision(text('revision')), undefined);
  const models = readList(text('model')).flatMap((line) => attempt(() => [parseRef(line, hubs)], []));
  const options: Options = {
    mode: choice<Mode>('mode'),
    models: models.map((ref) => (revision === undefined || ref.revision !== undefined ? ref : { ...ref, revision })),
    path: text('path').trim() || undefined,
    include: globs('include'),
    exclude: globs('exclude'),
    lock: text('lock').trim() || (mode === 'lock' || locked ? DEFAULT_LOCK : undefined),
    locked,
    offline: flag('offline'),
    lastKnown: flag('last-known'),
    token: attempt(() => readTokenOption(text('token')), undefined),
    endpoint: attempt(() => readEndpoint('endpoint', text('endpoint')), undefined),
    mirrors: readList(text('mirrors')).flatMap((line) => attempt(() => [readMirror(line)], [])),
    cache: choice<Options['cache']>('cache'),
    cacheLimitBytes: attempt(() => readSize('cache-limit', text('cache-limit')), 0),
    cacheSave: choice<Options['cacheSave']>('cache-save'),
    store: text('store').trim() || undefined,
    storeLimit: attempt(() => readStoreLimit(text('store-limit')), undefined),
    connections: count('connections'),
    retries: count('retries'),
    dryRun: flag('dry-run'),
    verify: choice<Options['verify']>('verify'),
    ...(mode === 'upload' ? { upload: readUploadOptions({ text, list, globs, choice, count, flag, attempt }) } : {}),
  };
  if (readList(text('model')).length === 0 && options.mode !== 'lock')
    problems.push(bad('`model` is empty', 'Name at least one model, such as `owner/name`.'));
  if (options.mode === 'lock') problems.push(...lockContradictions(options, revision));
  problems.push(...contradictions(options), ...strangersTo(mode, raw));
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
  if (!choices.includes(value)) throw bad(`\`${name}\` is ${quote(text)}`, `It can be ${choices.join(', ')}.`);
  return value;
}

function readCount(name: OptionName, text: string): number {
  const row = optionRow(name);
  const [min, max] = row.kind === 'count' ? [row.min, row.max] : [0, 0];
  const value = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw bad(`\`${name}\` is ${quote(text)}`, `It is a whole number from ${min} to ${max}.`);
  return value;
}

function readSize(name: OptionName, text: string): number {
  const bytes = parseByteSize(text);
  if (bytes === undefined)
    throw bad(`\`${name}\` is ${quote(text)}`, 'It is a number of bytes, such as 8GiB or 500MB.');
  return bytes;
}

/** @throws BAD_OPTION */
export function readStoreLimit(text: string): StoreLimit | undefined {
  const limit = parseStoreLimit(text);
  if (limit === undefined && text !== '')
    throw bad(
      `\`store-limit\` is ${quote(text)}`,
      'It is a number of bytes, such as 50GiB, or a share of the disk, such as 20%.',
    );
  return limit;
}

/** @throws BAD_OPTION */
export function readFlag(name: OptionName, text: string): boolean {
  const value = text.trim().toLowerCase();
  if (value !== 'true' && value !== 'false') throw bad(`\`${name}\` is ${quote(text)}`, 'It can be true or false.');
  return value === 'true';
}

function readGlob(name: OptionName, text: string): string {
  if (!isGlob(text)) throw bad(`\`${name}\` has ${quote(text)}`, 'Write it as in .gitignore, with at most two `**`.');
  return text;
}

function readRevision(text: string): string | undefined {
  if (text === '') return undefined;
  if (!isRevision(text.trim()))
    throw bad(`\`revision\` is ${quote(text)}`, 'It is a branch, a tag, a commit or a semver range.');
  return text.trim();
}

// An option that the mode does not know would be silently without effect.
function strangersTo(mode: string, raw: RawOptions): ModelFetchError[] {
  if (!isMode(mode)) return [];
  const known = optionsOf(mode);
  const strangers = OPTION_NAMES.filter((name) => !known.includes(name) && isGiven(name, raw));
  return strangers.map((name) =>
    bad(`\`${name}\` is for mode ${modesOf(name).join(', ')}, and the mode is ${mode}`, 'Leave it out.'),
  );
}

// The runner fills in defaults, so one that is written out cannot be told from one that is left out.
function isGiven(name: OptionName, raw: RawOptions): boolean {
  return textOf(raw, name).trim().toLowerCase() !== OPTIONS[name].default.toLowerCase();
}

/** What is wrong with a token or an address that would go to several sites: it belongs to one. */
export function siteProblems({
  models,
  token,
  endpoint,
  mirrors,
}: Pick<Options, 'models' | 'token' | 'endpoint' | 'mirrors'>): ModelFetchError[] {
  // A token and an address belong to one site, and a hub may have several.
  const hubs = [...new Set(models.map((ref) => ref.site ?? ref.hub))];
  const problems: ModelFetchError[] = [];
  for (const [name, value] of [
    ['token', token],
    ['endpoint', endpoint],
    ['mirrors', mirrors[0]],
  ] as const) {
    // An identity is nobody's in particular: each hub that trusts it makes its own token of it.
    const isShared = name === 'token' && value !== undefined && tokenWay(value).kind === 'identity';
    if (value === undefined || isShared || hubs.length < 2) continue;
    problems.push(
      bad(
        `\`${name}\` is given for models of several hubs (${hubs.join(', ')})`,
        'Set each hub’s own environment variables, or use one step for each hub.',
      ),
    );
  }
  return problems;
}

function mirrorProblems({ mirrors }: Options): ModelFetchError[] {
  const names = mirrors.map(mirrorName);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  const problems: ModelFetchError[] = [];
  if (twice !== undefined) problems.push(bad(`\`mirrors\` names ${twice} twice`, 'Give each mirror once.'));
  return problems;
}

function contradictions(options: Options): ModelFetchError[] {
  const { models, upload } = options;
  const places = upload === undefined ? sharedFolders(options) : targetProblems(models, upload);
  return [...siteProblems(options), ...mirrorProblems(options), ...places];
}

function sharedFolders({ models, mode }: Options): ModelFetchError[] {
  const problems: ModelFetchError[] = [];
  for (const [index, ref] of models.entries()) {
    const other = models.slice(0, index).find((earlier) => shareFolder(earlier, ref));
    if (other === undefined) continue;
    // Locking writes to no folder.
    if (mode === 'lock' && formatRef(other) !== formatRef(ref)) continue;
    const names = [...new Set([folderNameOf(other), folderNameOf(ref)])].join(' and ');
    problems.push(bad(`two references would share a folder (${names})`, 'Use one step for each, with its own `path`.'));
  }
  return problems;
}

function lockContradictions({ models, include, exclude }: Options, revision?: string): ModelFetchError[] {
  const problems: ModelFetchError[] = [];
  const isNarrowed = include.length > 0 || exclude.length > 0 || revision !== undefined;
  if (models.length === 0 && isNarrowed) {
    const hint = 'Without models each is locked anew as the lock file has it; name the models, or leave these out.';
    problems.push(bad('`include`, `exclude` or `revision` is given without a model to lock', hint));
  }
  return problems;
}

// The same folder, or one inside the other.
function shareFolder(a: ModelRef, b: ModelRef): boolean {
  const [one, two] = [a, b].map((ref) => `${folderNameOf(ref).toLowerCase()}/`);
  return one !== undefined && two !== undefined && (one.startsWith(two) || two.startsWith(one));
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
