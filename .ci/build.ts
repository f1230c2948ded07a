// Sources → build/ (JavaScript) → dist/ (one self-contained bundle a program).

import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** Each is a file in src/entry and a folder in dist. */
const PROGRAMS = ['action', 'post', 'cli', 'hash-worker'];

const root = path.join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const tool = (name: string, ...args: string[]) => {
  execFileSync(process.execPath, [require.resolve(name), ...args], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
};

rmSync(path.join(root, 'build'), { recursive: true, force: true });
rmSync(path.join(root, 'dist'), { recursive: true, force: true });
tool('typescript/bin/tsc', '--project', '.ci/tsconfig.build.json');
for (const program of PROGRAMS) {
  const out = path.join(root, 'dist', program);
  tool(
    '@vercel/ncc/dist/ncc/cli.js',
    'build',
    `build/entry/${program}.js`,
    '--out',
    out,
    '--license',
    'licenses.txt',
    '--no-cache',
  );
  // The module kind, for a runtime that finds no other package.json on the way up.
  writeFileSync(path.join(out, 'package.json'), '{ "type": "module" }\n');
  const extra = readdirSync(out).filter((file) => !['index.js', 'licenses.txt', 'package.json'].includes(file));
  if (extra.length > 0) throw new Error(`dist/${program} is not one file: ${extra.join(', ')}`);
}
