// What is written about the product is what it is: generated parts, help, lists of packages and codes, links.

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { documents } from '../.ci/document-parts.ts';
import { CODES } from '../src/core/errors.ts';
import { BUILT_MODES, modesOf, OPTION_NAMES } from '../src/core/options.ts';
import { VERSION } from '../src/entry/version.ts';
import { createCommand } from '../src/host/command.ts';

const ROOT = path.join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const list = (pattern: string) => globSync(pattern, { cwd: ROOT }).sort();
const manifest: Record<string, Record<string, string>> & { version: string } = JSON.parse(read('package.json'));

describe('made from the tables of the product', () => {
  test.each(Object.entries(documents()))('%s is what `npm run documents` gives', (file, text) => {
    expect(read(file)).toBe(text);
  });

  test.each(BUILT_MODES)('the help of %s names every option that it knows, and no other', (mode) => {
    const command = createCommand({ version: VERSION, run: async () => undefined, runStore: async () => undefined });
    const help = command.commands.find((one) => one.name() === mode)?.helpInformation() ?? '';
    const flags = OPTION_NAMES.filter((name) => name !== 'mode');
    expect(flags.filter((name) => help.includes(`--${name} `))).toEqual(
      flags.filter((name) => modesOf(name).includes(mode)),
    );
  });

  test('the version is that of package.json', () => {
    expect(VERSION).toBe(manifest.version);
    expect(read('CHANGELOG.md')).toContain(`\n## ${VERSION}`);
  });
});

test('every error code is used somewhere besides its table', () => {
  // retry.ts reads codes only; a comparison is no use either.
  const files = list('src/**/*.ts').filter((file) => !/core[\\/](errors|retry)\.ts$/.test(file));
  const text = files.map(read).join('\n');
  expect(Object.keys(CODES).filter((code) => !new RegExp(`(?<![!=]== )'${code}'`).test(text))).toEqual([]);
});

describe('docs/dependencies.md', () => {
  const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'] as const;
  const wanted = kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})).sort();
  const rows = [...read('docs/dependencies.md').matchAll(/^\| `([^`]+)`\s*\| ([^|]+?)\s*\| ([^|]+?)\s*\|/gm)];

  test('has a row for each package of package.json and no other', () => {
    expect(rows.map(([, name]) => name).sort()).toEqual(wanted);
  });

  test.each(rows.map(([, name = '', why = '', licence = '']) => [name, why, licence] as const))(
    '%s has its reason and its licence',
    (name, why, licence) => {
      expect(why).toMatch(/\w.*\.$/);
      const installed = path.join('node_modules', name, 'package.json');
      // Of the packages for other platforms none is here.
      if (existsSync(path.join(ROOT, installed))) expect(licence).toBe(JSON.parse(read(installed)).license);
    },
  );
});

describe('links', () => {
  const pages = ['README.md', 'CHANGELOG.md', 'SECURITY.md', ...list('docs/**/*.md')];

  test.each(pages)('%s leads to files that are there', (page) => {
    const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const relative = links.filter((link) => !/^[a-z]+:/.test(link) && !link.startsWith('#'));
    const dead = relative.filter((link) => !leadsSomewhere(page, link));
    expect(dead).toEqual([]);
  });

  test('every decision and every page of docs is reachable from README', () => {
    const readme = read('README.md');
    const direct = list('docs/*.md').map((file) => file.split(path.sep).join('/'));
    expect(direct.filter((file) => !readme.includes(`(${file}`))).toEqual([]);
    expect(readme).toContain('(docs/decisions)');
  });
});

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(ROOT, target))) return false;
  return anchor === undefined || anchorsOf(read(target)).includes(anchor);
}

// As GitHub names headings.
function anchorsOf(page: string): string[] {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => title.toLowerCase());
  return headings.map((title) => title.replace(/[^\w\s-]/g, '').replaceAll(' ', '-'));
}
