// The command line, made from the table of options.

import { Command, Option } from 'commander';
import {
  MODES,
  type Mode,
  modesOf,
  OPTION_NAMES,
  type OptionName,
  optionRow,
  type RawOptions,
} from '../core/options.ts';

export interface CommandSetting {
  readonly version: string;
  run(raw: RawOptions, json: boolean): Promise<void>;
}

/** One subcommand a mode; a flag an option, of the same name. Its own errors end with exit code 2. */
export function createCommand({ version, run }: CommandSetting): Command {
  const program = new Command('model-fetch')
    .description(
      'Fetches models from ModelScope, Hugging Face and compatible hubs, and publishes to them: verified, resumed.',
    )
    .version(version)
    .showHelpAfterError('(see --help)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  for (const mode of MODES) {
    const command = program
      .command(mode)
      .description(SAID[mode])
      .argument('[reference...]', optionRow('model').description)
      .option('--json', 'Print the report on stdout as JSON.')
      .action(async (references: string[], flags: Record<string, unknown>) => {
        await run({ ...toRaw(flags), mode, model: joinLists(references, flags['model']) }, flags['json'] === true);
      });
    for (const name of flagsOf(mode)) command.addOption(toFlag(name));
  }
  return program;
}

const SAID: Readonly<Record<Mode, string>> = {
  download: 'Bring models to a folder, every file verified.',
  upload: 'Publish a folder: only what changed moves, in one commit.',
  mirror: 'Not built yet.',
};

// What is not built takes any option, and says then that it is not built.
function flagsOf(mode: Mode): OptionName[] {
  const names = OPTION_NAMES.filter((name) => name !== 'mode');
  return mode === 'mirror' ? names : names.filter((name) => modesOf(name).includes(mode));
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

function toRaw(flags: Record<string, unknown>): RawOptions {
  const entries = OPTION_NAMES.map((name) => [name, toText(flags[camelCase(name)])] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function toText(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  return Array.isArray(value) ? value.join('\n') : String(value);
}

function joinLists(references: readonly string[], flag: unknown): string {
  return [...references, ...(Array.isArray(flag) ? flag : [])].join('\n');
}

// As commander names the values of flags.
function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
