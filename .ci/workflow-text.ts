// Where workflows are written down: .github/workflows, and the examples in README and docs. Reads; judges nothing.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** One workflow as text, and where it stands. */
export interface WorkflowText {
  /** Relative to the root, with `/`. */
  readonly file: string;
  /** The line of the file that the text begins on, from 1. */
  readonly line: number;
  readonly text: string;
  /** `workflow`: GitHub runs it. `example`: people copy it. */
  readonly kind: 'workflow' | 'example';
}

/** What a check has against a file. */
export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/** Every workflow of the repository below a folder, in order of their files. */
export function readWorkflows(root: string): WorkflowText[] {
  const read = (file: string) => readFileSync(path.join(root, file), 'utf8');
  const list = (pattern: string) =>
    globSync(pattern, { cwd: root })
      .map((file) => file.split(path.sep).join('/'))
      .sort();
  const workflows = list('.github/workflows/*.{yml,yaml}').map(
    (file): WorkflowText => ({ file, line: 1, text: read(file), kind: 'workflow' }),
  );
  const pages = ['README.md', ...list('docs/**/*.md')];
  return [...workflows, ...pages.flatMap((file) => findExamples(file, read(file)))];
}

/** The fenced `yaml` blocks of a page that are workflows: those with `jobs` at their top level. */
export function findExamples(file: string, page: string): WorkflowText[] {
  const blocks = [...page.matchAll(/^```ya?ml\n(.*?)^```$/gms)];
  return blocks
    .filter(([, text = '']) => /^jobs:/m.test(text))
    .map(({ index, 1: text = '' }) => ({
      file,
      line: page.slice(0, index).split('\n').length + 1,
      text,
      kind: 'example',
    }));
}
