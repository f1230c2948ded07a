// `~` at the beginning of a place: inputs of a workflow pass no shell that would know it. Pure.

import { OPTIONS, type RawOptions } from '../options.ts';

/** The same options with the user's own folder in place of `~` wherever one names a place; `~name` is a name like any other. */
export function expandHome(raw: RawOptions, home: string): RawOptions {
  const expanded = Object.entries(raw).map(([name, text]) => [name, isPlace(name) ? expand(String(text), home) : text]);
  return Object.fromEntries(expanded);
}

function isPlace(name: string): boolean {
  return Object.entries(OPTIONS).some(([known, row]) => known === name && 'isPlace' in row);
}

function expand(text: string, home: string): string {
  return text.replace(/^([^\S\n]*)~(?=[/\\]|[^\S\n]*$)/gm, (_, blanks: string) => blanks + home);
}
