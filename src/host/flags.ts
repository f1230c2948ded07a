// Options of the table as flags of a command, and what was given as the same raw text that inputs are.

import { type Command, Option } from 'commander';
import { OPTION_NAMES, type OptionName, optionRow, type RawOptions } from '../core/options.ts';

export type Flags = Readonly<Record<string, unknown>>;

/** Adds a flag for each, and the one that every command has. */
export function addFlags(command: Command, names: readonly OptionName[]): Command {
  command.option('--json', 'Print the report on stdout as JSON.');
  for (const name of names) command.addOption(toFlag(name));
  return command;
}

export function wantsJson(flags: Flags): boolean {
  return flags['json'] === true;
}

function toFlag(name: OptionName): Option {
  const row = optionRow(name);
  const description = row.default === '' ? row.description : `${row.description} (default: ${row.default})`;
  if (row.kind === 'flag') return new Option(`--${name}`, description);
  const option = new Option(`--${name} <${row.value}>`, description);
  return row.kind === 'list'
    ? option.argParser((value: string, earlier: string[] = []) => [...earlier, value])
    : option;
}

export function toRaw(flags: Flags): RawOptions {
  const entries = OPTION_NAMES.map((name) => [name, toText(flags[camelCase(name)])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function toText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join('\n') : String(value);
}

// As commander names the values of flags.
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
