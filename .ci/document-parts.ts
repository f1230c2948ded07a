// The documents that are made from the tables of options, outputs and error codes. A test holds the committed ones against these.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { CODES, FAMILIES, type Family } from '../src/core/errors.ts';
import { OPTION_NAMES, optionRow } from '../src/core/options.ts';
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
    return [name, { description, required: false, default: value }];
  });
  const outputs = Object.entries(OUTPUTS).map(([name, { description }]) => [name, { description }]);
  const action = {
    name: 'Model Fetch',
    description: 'Fetch models from ModelScope, Hugging Face and compatible hubs: verified, resumed, cached.',
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
    return `| \`${name}\` | ${cell(description)} | ${value === '' ? '' : `\`${value}\``} |`;
  });
  return ['| Input, flag | Meaning | Default |', '| --- | --- | --- |', ...rows].join('\n');
}

function outputTable(): string {
  const rows = Object.entries(OUTPUTS).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |`);
  return ['| Output | Meaning |', '| --- | --- |', ...rows].join('\n');
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
