// Which files of a folder are meant to be published: the globs of the options, and what nobody means. Pure.

import { ModelFetchError } from '../errors.ts';
import { type Filter, matcher } from '../filter.ts';
import type { ListRequest } from '../ports/local-files.ts';

type Pass = Pick<ListRequest, 'skip' | 'skipUnseen'>;

/** Never meant, unless `include` has the very same line: other tools' state, and our own. */
export const IGNORED: readonly string[] = [
  '.git',
  '.cache/',
  '.model-fetch*',
  '.ms_upload_cache',
  '.ms_upload_progress',
  '.msc',
  '.mdl',
  '.mv',
  '._____temp/',
  '.huggingface/',
  '__pycache__/',
  '*.pyc',
  '.ipynb_checkpoints/',
  '.idea/',
  '.vscode/',
  '.venv/',
  'node_modules/',
  '.DS_Store',
  'Thumbs.db',
  'desktop.ini',
  '*~',
  '*.swp',
  '*.swo',
];

/** What is passed by without a look. */
export function createPass({ include, exclude }: Filter): Pass {
  const skip = matcher(IGNORED.filter((line) => !include.includes(line)));
  const isExcluded = matcher(exclude);
  return {
    skip,
    // What a link leads to shows only when it is followed: it may be a folder, and it may lead nowhere.
    skipUnseen: (name) => [name, `${name}/`].some((one) => skip(one) || isExcluded(one)),
  };
}

/** The files that the globs leave. @throws NO_MATCH when none is left */
export function selectLocal<T extends { readonly name: string }>(files: readonly T[], filter: Filter): T[] {
  const isIncluded = filter.include.length === 0 ? () => true : matcher(filter.include);
  const isExcluded = matcher(filter.exclude);
  const kept = files.filter(({ name }) => isIncluded(name) && !isExcluded(name));
  if (kept.length > 0) return kept;
  const globs = [...filter.include, ...filter.exclude.map((glob) => `not ${glob}`)].join(', ');
  throw new ModelFetchError('NO_MATCH', `None of the ${files.length} files to publish is left by: ${globs}.`, {
    hint: 'Globs are written as in .gitignore, relative to the folder, and are case-sensitive.',
  });
}
