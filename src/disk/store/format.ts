// With which layout a version folder was written. A store of a newer program is left alone: what this one takes for rubbish there
// may be what that one needs.

import { writeFile } from 'node:fs/promises';
import { ModelFetchError } from '../../core/errors.ts';
import { errnoOf } from '../io-error.ts';
import { readText } from '../read-text.ts';
import type { Layout } from './layout.ts';

const FORMAT = 1;
const MOST_BYTES = 64 * 1024;

/** @throws STORE_FORMAT, or the system's own error */
export async function refuseNewer(layout: Layout): Promise<void> {
  const text = await readText(layout.format, MOST_BYTES);
  // One that a crash tore says nothing: it was being written by this or an older program. Neither does what is no file.
  const found = Number(/^\d+/.exec(text ?? '')?.[0] ?? FORMAT);
  if (found <= FORMAT) return;
  throw new ModelFetchError(
    'STORE_FORMAT',
    `The store in "${layout.folder}" was written by a newer version of this program (format ${found}; this one knows ${FORMAT}).`,
    { hint: 'Update this program, or give it a `store` of its own. Nothing in the folder was changed.' },
  );
}

/** Writes it where there is none. @throws the system's own error */
export async function markFormat(layout: Layout): Promise<void> {
  await writeFile(layout.format, `${FORMAT}\n`, { flag: 'wx' }).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
  });
}
