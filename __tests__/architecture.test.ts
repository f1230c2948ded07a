// The picture of the rooms, held against every import; what each bundle may contain; and the rules that every file keeps.

import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROOMS = ['core', 'disk', 'entry', 'flows', 'host', 'hubs', 'mirrors', 'net'];

interface SourceFile {
  /** As in `core/ref.ts`. */
  readonly path: string;
  readonly room: string;
  readonly text: string;
  /** The text without comments and strings. */
  readonly code: string;
  /** What it imports: `room:core`, `room:net` … for rooms, names for the rest. */
  readonly imports: readonly string[];
}

function readSource(file: string): SourceFile {
  const path = relative(join(ROOT, 'src'), file).replaceAll('\\', '/');
  const text = readFileSync(file, 'utf8');
  const specifiers = ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName);
  const [room = ''] = path.split('/');
  return { path, room, text, code: codeOf(text), imports: specifiers.map((name) => targetOf(name, file)) };
}

// `../net/x.ts` becomes `room:net`, `./x.ts` the room itself; `undici/lib` stays, and so does what leaves src.
function targetOf(specifier: string, from: string): string {
  if (!specifier.startsWith('.')) return specifier;
  const path = relative(join(ROOT, 'src'), join(from, '..', specifier)).replaceAll('\\', '/');
  return path.startsWith('..') ? path : `room:${path.split('/')[0]}`;
}

// Only what runs, one blank between tokens: words in comments and in texts mean nothing.
function codeOf(text: string): string {
  const source = ts.createSourceFile('file.ts', text, ts.ScriptTarget.ESNext, true);
  const tokens: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isJSDoc(node)) return;
    const parts = node.getChildren(source);
    for (const part of parts) visit(part);
    if (parts.length === 0)
      tokens.push(
        ts.isLiteralExpression(node) || ts.isTemplateMiddleOrTemplateTail(node) ? "''" : node.getText(source),
      );
  };
  visit(source);
  return tokens.filter((token) => token !== '').join(' ');
}

const FILES = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .map(readSource);

const isBuiltin = (name: string) => name.startsWith('node:') || builtinModules.includes(name);
const isRoom = (name: string) => name.startsWith('room:');
const isPackage = (name: string) => !isBuiltin(name) && !isRoom(name);
const of = (...rooms: string[]) => FILES.filter((file) => rooms.includes(file.room));
/** `file → import` for each import that breaks the rule. */
function offences(files: readonly SourceFile[], breaks: (name: string, file: SourceFile) => boolean): string[] {
  return files.flatMap((file) =>
    file.imports.filter((name) => breaks(name, file)).map((name) => `${file.path} → ${name}`),
  );
}

describe('rooms', () => {
  test('are those of the picture, and the test sees them', () => {
    expect([...new Set(FILES.map((file) => file.room))].sort()).toEqual(ROOMS);
    expect(FILES.length).toBeGreaterThan(50);
    expect(of('entry').flatMap((file) => file.imports)).toEqual(
      expect.arrayContaining(ROOMS.map((room) => `room:${room}`)),
    );
  });

  test('core imports no other room and does no I/O', () => {
    expect(offences(of('core'), (name) => isRoom(name) && name !== 'room:core')).toEqual([]);
    expect(offences(of('core'), (name) => isBuiltin(name) && name !== 'node:crypto')).toEqual([]);
    const worldly =
      /\bprocess\b|(?:await|return|=|\(|,) fetch \(|\bDate \. now\b|\bnew Date \( \)|\bMath \. random\b|\bset(Timeout|Interval)\b|\bconsole\b/;
    expect(
      of('core')
        .filter((file) => worldly.test(file.code))
        .map((file) => file.path),
    ).toEqual([]);
  });

  test('strangers meet through core only', () => {
    const rooms = of('net', 'disk', 'hubs', 'mirrors', 'flows', 'host');
    expect(offences(rooms, (name, file) => isRoom(name) && !['room:core', `room:${file.room}`].includes(name))).toEqual(
      [],
    );
  });

  test('nobody imports entry', () => {
    expect(offences(FILES, (name, file) => name === 'room:entry' && file.room !== 'entry')).toEqual([]);
  });

  test('no import is dynamic, none leaves src', () => {
    expect(FILES.filter((file) => /\bimport \(|\brequire \(/.test(file.code)).map((file) => file.path)).toEqual([]);
    expect(offences(FILES, (name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('one door per outside world', () => {
  const only = (what: RegExp, ...rooms: string[]) =>
    offences(FILES, (name, file) => what.test(name) && !rooms.includes(file.room));

  test('the network is behind net', () => {
    expect(only(/^undici/, 'net')).toEqual([]);
    expect(only(/^(node:)?(net|tls)$/, 'net')).toEqual([]);
    expect(only(/^(node:)?(http|https|http2|dgram|dns)(\/|$)/)).toEqual([]);
    expect(FILES.filter((file) => /(?:await|return|=|\(|,) fetch \(/.test(file.code)).map((file) => file.path)).toEqual(
      [],
    );
  });

  test('the file system is behind disk', () => {
    expect(only(/^(node:)?fs(\/|$)/, 'disk')).toEqual([]);
    expect(only(/^(node:)?worker_threads$/, 'disk', 'entry')).toEqual([]);
  });

  test('the runner is behind host', () => {
    expect(only(/^@actions\//, 'host')).toEqual([]);
    expect(only(/^(commander|cli-progress)$/, 'host')).toEqual([]);
  });

  test('no program is started but the one that the user names as the giver of the token, and without a shell', () => {
    const starters = FILES.filter(({ imports }) =>
      imports.some((name) => /^(node:)?(child_process|cluster)$/.test(name)),
    );
    expect(starters.map(({ path }) => path)).toEqual(['host/program.ts']);
    expect(starters[0]?.text).toMatch(/import \{ type ChildProcess, spawn \} from 'node:child_process';/);
    expect(starters[0]?.code.match(/\bshell\b( : \w+)?/g)).toEqual(['shell : false', 'shell : false']);
  });

  test('the process is asked in host and entry only', () => {
    const asks = /\bprocess \. (env|argv|exit|exitCode|stdout|stderr|stdin|cwd|chdir|on)\b/;
    const elsewhere = FILES.filter((file) => !['host', 'entry'].includes(file.room) && asks.test(file.code));
    expect(elsewhere.map((file) => file.path)).toEqual([]);
    expect(of('host', 'entry').some((file) => asks.test(file.code))).toBe(true);
  });

  test('every package that is imported is a dependency, and every dependency is imported', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: object };
    const nameOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
    const used = new Set(FILES.flatMap((file) => file.imports.filter(isPackage).map(nameOf)));
    expect([...used].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });
});

describe('every file', () => {
  const failing = (breaks: (file: SourceFile) => boolean) => FILES.filter(breaks).map((file) => file.path);

  test('opens with a comment', () => {
    expect(failing(({ text }) => !/^(#!.*\n\s*)?\/\/ \S/.test(text))).toEqual([]);
  });
  test('has at most 300 lines', () => {
    expect(failing(({ text }) => text.trimEnd().split('\n').length > 300)).toEqual([]);
  });
  test('has a name that says what it is', () => {
    expect(failing(({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*\.ts$/.test(basename(path)))).toEqual([]);
    expect(failing(({ path }) => /\b(utils?|helpers?|common|managers?|services?|misc)\b/.test(path))).toEqual([]);
  });
  test('lies in a folder that can be read at a glance', () => {
    const folders = Map.groupBy(FILES, ({ path }) => dirname(path));
    const crowded = [...folders].filter(([, files]) => files.length > 24).map(([folder]) => folder);
    expect(crowded).toEqual([]);
  });
  test('exports by name, without `any` and without `!`', () => {
    expect(failing(({ code }) => /\bexport default\b/.test(code))).toEqual([]);
    expect(failing(({ code }) => /(: |\bas |< )any\b/.test(code))).toEqual([]);
    expect(failing(({ code }) => /[\w)\]] ! [.;,)[\]]/.test(code))).toEqual([]);
  });
});

describe('bundles', () => {
  const read = (...path: string[]) => readFileSync(join(ROOT, 'dist', ...path), 'utf8');
  const MARKERS = ['GITHUB_STEP_SUMMARY', 'issueCommand', 'ACTIONS_RUNTIME_TOKEN', 'ACTIONS_RESULTS_URL'];

  test('dist has exactly these files', () => {
    const files = readdirSync(join(ROOT, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(join(ROOT, 'dist'), join(entry.parentPath, entry.name)).replaceAll('\\', '/'));
    const bundle = (name: string) => ['index.js', 'licenses.txt', 'package.json'].map((file) => `${name}/${file}`);
    expect(files.sort()).toEqual([
      ...bundle('action'),
      ...bundle('cli'),
      'hash-worker/index.js',
      'hash-worker/package.json',
      ...bundle('post'),
    ]);
  });

  test('the command carries nothing of the runner', () => {
    const code = read('cli', 'index.js');
    expect(MARKERS.filter((marker) => code.includes(marker))).toEqual([]);
    expect(read('cli', 'licenses.txt')).not.toMatch(/^@(actions|azure|octokit)\//m);
  });

  test.each(['action', 'post'])('%s does, so these marks would be found', (name) => {
    const code = read(name, 'index.js');
    expect(MARKERS.filter((marker) => !code.includes(marker))).toEqual([]);
    expect(read(name, 'licenses.txt')).toMatch(/^@actions\/core$/m);
  });

  test('the hashing thread carries no package at all', () => {
    expect(Buffer.byteLength(read('hash-worker', 'index.js'))).toBeLessThan(64 * 1024);
  });

  test.each(['action', 'cli', 'hash-worker', 'post'])('%s is a module, and one file', (name) => {
    expect(JSON.parse(read(name, 'package.json'))).toEqual({ type: 'module' });
    const neighbours = read(name, 'index.js').match(/^(import|export)\b.{0,200}\bfrom ["']\.{1,2}\/.{0,80}/gm) ?? [];
    expect(neighbours).toEqual([]);
  });
});
