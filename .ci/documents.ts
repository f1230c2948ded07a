// Writes what follows from the tables of the product: action.yml, the tables in README and docs/errors.md.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { documents } from './document-parts.ts';

for (const [file, text] of Object.entries(documents())) {
  writeFileSync(path.join(import.meta.dirname, '..', file), text);
}
