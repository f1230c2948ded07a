// The program that gives the token, as people write it after `command:`. Pure: it starts nothing, and no shell will read the line.

import { ModelFetchError } from '../errors.ts';

/** A program and its arguments, as they are handed to it. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** To a shell these mean something, and without one they would be handed on as they are. */
const SHELL_SIGNS = /["'`$|&;<>()*?~]/;

/** The line of a token that is asked of a program: `command: vault read -field=token hub`; undefined for any other text. */
export function commandText(text: string): string | undefined {
  return /^\s*command:(.*)$/is.exec(text)?.[1]?.trim();
}

/** Reads a line cut at blanks, or a JSON list of program and arguments, as a Dockerfile has it, for arguments that hold blanks or signs.
 * @throws BAD_OPTION, which shows nothing of the line: it may hold secrets */
export function parseCommand(line: string): CommandLine {
  const words = line.startsWith('[') ? readList(line) : readWords(line);
  const [program, ...args] = words;
  if (program === undefined || program.trim() === '') throw bad('names no program');
  // A text that ends early would be another argument than the one that was written.
  if (words.some((word) => word.includes('\0'))) throw bad('holds a NUL character');
  return [program, ...args];
}

function readWords(line: string): string[] {
  if (/[\r\n]/.test(line)) throw bad('has several lines');
  if (SHELL_SIGNS.test(line)) throw bad('holds quotes or other signs of a shell, and no shell reads it');
  return line.split(/[ \t]+/).filter((word) => word !== '');
}

function readList(line: string): string[] {
  const value = parseJson(line);
  if (Array.isArray(value) && value.every((word) => typeof word === 'string')) return value;
  throw bad('begins like a JSON list and is no list of texts');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The caller says what a text that is no JSON is.
    return undefined;
  }
}

function bad(what: string): ModelFetchError {
  return new ModelFetchError('BAD_OPTION', `The command of \`token\` ${what}.`, {
    hint: 'Write `command: program argument …`, or a JSON list: `command: ["program", "an argument"]`.',
  });
}
