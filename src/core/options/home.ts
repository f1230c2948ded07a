// `~` at the beginning of a place: inputs of a workflow pass no shell that would know it. Pure.

import { OPTIONS, type RawOptions } from '../options.ts';

/** Whose folder, and on which system. */
export interface Home {
  readonly home: string;
  /** As Node names it: `~\x` is a place on `win32`, and a name elsewhere. */
  readonly platform: string;
}

/** The same options with the user's own folder in place of `~` wherever one names a place; `~name` is a name like any other. */
export function expandHome(raw: RawOptions, user: Home): RawOptions {
  const expanded = Object.entries(raw).map(([name, text]) => [name, isPlace(name) ? expand(String(text), user) : text]);
  return Object.fromEntries(expanded);
}

function isPlace(name: string): boolean {
  return Object.entries(OPTIONS).some(([known, row]) => known === name && 'isPlace' in row);
}

function expand(text: string, { home, platform }: Home): string {
  const mark = platform === 'win32' ? /^([^\S\n]*)~(?=[/\\]|[^\S\n]*$)/gm : /^([^\S\n]*)~(?=\/|[^\S\n]*$)/gm;
  return text.replace(mark, (_, blanks: string) => blanks + home);
}
