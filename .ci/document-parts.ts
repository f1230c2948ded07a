// The documents that are made from the tables of options, outputs and error codes. A test holds the committed ones against these.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { CODES, FAMILIES, type Family } from '../src/core/errors.ts';
import { BUILT_MODES, isBuilt, type Mode, modesOf, OPTION_NAMES, optionRow } from '../src/core/options.ts';
import { LOCK_OUTPUTS } from '../src/core/outputs/lock.ts';
import { UPLOAD_OUTPUTS } from '../src/core/outputs/upload.ts';
import { OUTPUTS } from '../src/core/outputs.ts';

const root = path.join(import.meta.dirname, '..');

/** File (relative to the root) → its whole text as it should be. */
export function documents(): Record<string, string> {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const texts: Record<string, string> = {
    'action.yml': actionFile(),
    'README.md': fill(fill(readme, 'inputs', inputTable()), 'outputs', outputTable()),
    'docs/errors.md': errorPage(),
  };
  return texts;
}

function actionFile(): string {
  const inputs = OPTION_NAMES.map((name) => {
    const { description, default: value } = optionRow(name);
    // Which of them a mode needs, it says itself.
    return [name, { description: `${aloneIn(modesOf(name))}${description}`, required: false, default: value }];
  });
  const outputs = outputRows().map(({ name, modes, description }) => [
    name,
    { description: `${aloneIn(modes)}${description}` },
  ]);
  const action = {
    name: 'Model Fetch',
    description:
      'Fetch models from ModelScope, Hugging Face and compatible hubs, and publish to them: verified, resumed, cached.',
    author: 'model-fetch',
    branding: { icon: 'download-cloud', color: 'purple' },
    inputs: Object.fromEntries(inputs),
    outputs: Object.fromEntries(outputs),
    runs: { using: 'node24', main: 'dist/action/index.js', post: 'dist/post/index.js', 'post-if': 'always()' },
  };
  return `# Made from src/core/options.ts and src/core/outputs.ts by \`npm run documents\`.\n${stringify(action, { lineWidth: 0 })}`;
}

function inputTable(): string {
  const rows = OPTION_NAMES.map((name) => {
    const { description, default: value } = optionRow(name);
    return `| \`${name}\` | ${modesIn(modesOf(name))} | ${cell(description)} | ${value === '' ? '' : `\`${value}\``} |`;
  });
  return ['| Input, flag | Mode | Meaning | Default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

// What every mode knows names none.
function modesIn(modes: readonly Mode[]): string {
  return BUILT_MODES.every((mode) => modes.includes(mode)) ? '' : modes.filter(isBuilt).join(', ');
}

// In action.yml a description is read alone.
function aloneIn(modes: readonly Mode[]): string {
  const text = modesIn(modes);
  return text === '' ? '' : `${text.includes(',') ? 'Modes' : 'Mode'} ${text}. `;
}

const OUTPUTS_OF: Readonly<Record<(typeof BUILT_MODES)[number], Readonly<Record<string, { description: string }>>>> = {
  download: OUTPUTS,
  lock: LOCK_OUTPUTS,
  upload: UPLOAD_OUTPUTS,
};

// Each name once, where it comes up first, with all modes that set it.
function outputRows(): { name: string; modes: Mode[]; description: string }[] {
  const rows = new Map<string, { name: string; modes: Mode[]; description: string }>();
  for (const mode of BUILT_MODES) {
    for (const [name, { description }] of Object.entries(OUTPUTS_OF[mode])) {
      const row = rows.get(name) ?? { name, modes: [], description };
      row.modes.push(mode);
      rows.set(name, row);
    }
  }
  return [...rows.values()];
}

function outputTable(): string {
  const rows = outputRows().map(
    ({ name, modes, description }) => `| \`${name}\` | ${modesIn(modes)} | ${cell(description)} |`,
  );
  return ['| Output | Mode | Meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function errorPage(): string {
  const families = Object.entries(FAMILIES).map(([family, { exit, meaning }]) => {
    const rows = Object.entries(CODES)
      .filter(([, row]) => row.family === (family as Family))
      .map(([code, row]) => `| \`${code}\` | ${cell(row.meaning)} |`);
    const title = exit === 0 ? `## ${family} (a warning)` : `## ${family} (exit code ${exit})`;
    return [title, '', meaning, '', '| Code | Meaning |', '| --- | --- |', ...rows].join('\n');
  });
  const intro =
    '# Error codes\n\n<!-- Made from src/core/errors.ts by `npm run documents`. -->\n\nEvery failure has a code and a message that says what happened to which file from which host; most have a hint that says what to do.\nThe exit code tells the family; 1 is a bug of this program, worth a report.';
  return `${[intro, ...families].join('\n\n')}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function fill(text: string, name: string, content: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from === -1 || to < from) throw new Error(`README.md has no place for ${name}`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
