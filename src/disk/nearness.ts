// Whether a folder lies on a disk of this machine. A step on any other may hang for as long as a network or another program pleases.

import { realpath, statfs } from 'node:fs/promises';
import { dirname, sep } from 'node:path';
import { isAbsent } from './io-error.ts';
import { platform } from './platform.ts';

export interface Nearness {
  /** Answers at once; false until it is known. Asks then, and keeps nobody waiting. */
  isNear(folder: string): boolean;
  /** Says that nothing is mounted below this folder, however many folders it has: one answer is for all of them. */
  unite(folder: string): void;
}

/** @param look tells it of one folder; throws the system's own error when that is missing */
export function createNearness(look: (folder: string) => Promise<boolean> = lookThere): Nearness {
  const known = new Map<string, boolean>();
  const asked = new Map<string, Promise<boolean>>();
  const united = new Set<string>();

  // A folder that is to be made lies where the one above it does.
  const find = async (folder: string): Promise<boolean> => {
    try {
      return await look(folder);
    } catch (error) {
      const above = dirname(folder);
      // Where nothing can be learnt, steps are made as on any disk.
      return isAbsent(error) && above !== folder && (await ask(above));
    }
  };
  const ask = async (folder: string): Promise<boolean> => {
    const told = known.get(folder);
    if (told !== undefined) return told;
    const asking = asked.get(folder) ?? find(folder);
    asked.set(folder, asking);
    const isNear = await asking;
    known.set(folder, isNear);
    asked.delete(folder);
    return isNear;
  };
  const unitOf = (folder: string): string => {
    for (const unit of united) if (folder.startsWith(unit + sep)) return unit;
    return folder;
  };
  return {
    isNear(folder) {
      const unit = unitOf(folder);
      const isNear = known.get(unit);
      if (isNear === undefined) void ask(unit);
      return isNear ?? false;
    },
    unite(folder) {
      united.add(folder);
      void ask(folder);
    },
  };
}

async function lookThere(folder: string): Promise<boolean> {
  const { nearKinds } = platform;
  if (nearKinds === undefined) return !isShare(await realpath(folder));
  // On systems of 32 bits a number with the highest bit comes out below zero.
  return nearKinds.has((await statfs(folder)).type >>> 0);
}

/** Whether a real path of Windows leads to another machine. */
export function isShare(path: string): boolean {
  return /^\\\\(?![?.]\\)/.test(path) || /^\\\\\?\\UNC\\/i.test(path);
}
