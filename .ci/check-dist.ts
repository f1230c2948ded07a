// Builds dist/ again and fails unless it is byte for byte what is committed, untracked files included.

import { execFileSync } from 'node:child_process';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
execFileSync(process.execPath, [path.join(import.meta.dirname, 'build.ts')], { cwd: root, stdio: 'inherit' });
const changed = execFileSync('git', ['status', '--porcelain', '--untracked-files=all', '--', 'dist'], {
  cwd: root,
  encoding: 'utf8',
});
if (changed !== '') {
  process.stderr.write(`dist/ is not what its sources give; run \`npm run build\` and commit it:\n${changed}`);
  process.exit(1);
}
process.stdout.write('dist/ is what its sources give.\n');
