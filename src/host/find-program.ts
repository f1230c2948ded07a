// Where a program lies that is named without a folder. On Windows the system would look into the working folder first, and there lies what
// was checked out. Decides by names; looks and starts nothing itself.

import path from 'node:path';
import type { Variables } from './environment.ts';

/** What Windows starts without a shell. */
const ENDINGS = ['.exe', '.com'];

export interface SearchGround {
  readonly variables: Variables;
  readonly platform: NodeJS.Platform;
  /** Whether a file is there that could be a program. */
  isFile(path: string): Promise<boolean>;
}

/** The program as it is to be started: with its folder where the system would look beside `PATH`, else as it is written. A name that says
 * its folder is believed, since whoever wrote it meant that one.
 * @returns undefined when no folder of `PATH` has it */
export async function findProgram(program: string, ground: SearchGround): Promise<string | undefined> {
  if (ground.platform !== 'win32' || /[\\/:]/.test(program)) return program;
  const names = [program, ...ENDINGS.map((ending) => `${program}${ending}`)].filter(isStartable);
  for (const folder of foldersOf(ground.variables)) {
    for (const name of names) {
      const file = path.win32.join(folder, name);
      if (await ground.isFile(file)) return file;
    }
  }
  return undefined;
}

function isStartable(name: string): boolean {
  return ENDINGS.some((ending) => name.toLowerCase().endsWith(ending));
}

// One that is not written from its root begins in the working folder, and an empty one is the working folder.
function foldersOf(variables: Variables): string[] {
  const written = Object.entries(variables).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
  const folders = written.split(';').map((folder) => folder.trim().replace(/^"(.*)"$/, '$1'));
  return folders.filter((folder) => path.win32.isAbsolute(folder));
}
