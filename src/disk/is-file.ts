// Whether a file is there. What it is good for is not judged here.

import { stat } from 'node:fs/promises';

/** False too where it cannot be looked at: then it can be used no more than one that is missing. */
export async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // As promised above: missing and hidden are the same here.
    return false;
  }
}
