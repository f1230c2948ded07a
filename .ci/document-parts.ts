// The documents that are made from the tables of options, outputs and error codes. A test holds the committed ones against these.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { CODES, FAMILIES, type Family } from '../src/core/errors.ts';
import { MODES, modesOf, OPTION_NAMES, type OptionName, optionRow } from '../src/core/options.ts';
import { OUTPUTS } from '../src/core/outputs.ts';
import { UPLOAD_OUTPUTS } from '../src/core/upload-outputs.ts';

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
    const { default: value, required } = optionRow(name);
    const description = `${modeOf(name)}${optionRow(name).description}`;
    return [name, { description, ...(required ? { required: true } : { required: false, default: value }) }];
  });
  const outputs = outputRows().map(({ name, modes, description }) => [
    name,
    { description: modes.length === 1 ? `Mode ${modes[0]}. ${description}` : description },
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
    const modes = modesOf(name).length === MODES.length ? '' : modesOf(name).join(', ');
    return `| \`${name}\` | ${modes} | ${cell(description)} | ${value === '' ? '' : `\`${value}\``} |`;
  });
  return ['| Input, flag | Mode | Meaning | Default |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

// An option of one mode says so wherever its description is read alone.
function modeOf(name: OptionName): string {
  const [only, ...others] = modesOf(name);
  return others.length === 0 ? `Mode ${only}. ` : '';
}

function outputRows(): { name: string; modes: string[]; description: string }[] {
  const rows = Object.entries(OUTPUTS).map(([name, { description }]) => ({
    name,
    modes: name in UPLOAD_OUTPUTS ? ['download', 'upload'] : ['download'],
    description,
  }));
  const others = Object.entries(UPLOAD_OUTPUTS).filter(([name]) => !(name in OUTPUTS));
  return [...rows, ...others.map(([name, { description }]) => ({ name, modes: ['upload'], description }))];
}

function outputTable(): string {
  const rows = outputRows().map(
    ({ name, modes, description }) => `| \`${name}\` | ${modes.join(', ')} | ${cell(description)} |`,
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
