// The command line, made from the tables of options and of what can be done to a store.

import { Command } from 'commander';
import { STORE_ACTIONS, type StoreAction } from '../core/options/store-actions.ts';
import { MODE_MEANINGS, MODES, optionRow, optionsOf, type RawOptions } from '../core/options.ts';
import { addFlags, type Flags, toRaw, wantsJson } from './flags.ts';

export interface CommandSetting {
  readonly version: string;
  run(raw: RawOptions, json: boolean): Promise<void>;
  /** One of `store ls`, `store gc` … */
  runStore(action: StoreAction, raw: RawOptions, json: boolean): Promise<void>;
}

/** One subcommand a mode, and `store` with its own; a flag an option, of the same name. Its own errors end with exit code 2. */
export function createCommand(setting: CommandSetting): Command {
  const program = new Command('model-fetch')
    .description(
      'Fetches models from ModelScope, Hugging Face and compatible hubs, and publishes to them: verified, resumed, cached.',
    )
    .version(setting.version)
    .showHelpAfterError('(see --help)')
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));
  addModes(program, setting);
  addStore(program, setting);
  return program;
}

function addModes(program: Command, { run }: CommandSetting): void {
  for (const mode of MODES) {
    const command = program.command(mode).description(MODE_MEANINGS[mode]);
    command.argument('[reference...]', optionRow('model').description);
    const names = optionsOf(mode).filter((name) => name !== 'mode');
    addFlags(command, names).action(async (references: string[], flags: Flags) => {
      await run({ ...toRaw(flags), mode, model: joinLists(references, flags['model']) }, wantsJson(flags));
    });
  }
}

function addStore(program: Command, { runStore }: CommandSetting): void {
  const store = program
    .command('store')
    .description('Look after the store: what is in it, what may go, what is damaged.');
  for (const action of Object.keys(STORE_ACTIONS) as StoreAction[]) {
    const { description, options } = STORE_ACTIONS[action];
    const command = store.command(action).description(description);
    addFlags(command, options).action(async (flags: Flags) => {
      await runStore(action, toRaw(flags), wantsJson(flags));
    });
  }
}

function joinLists(references: readonly string[], flag: unknown): string {
  return [...references, ...(Array.isArray(flag) ? flag : [])].join('\n');
}
