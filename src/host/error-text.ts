// An error as a person reads it, in any log.

import { ModelFetchError } from '../core/errors.ts';
import { printable } from '../core/repo-path.ts';

/** Code, message, hint; a bug shows where it happened. */
export function errorText(error: unknown): string {
  if (!(error instanceof ModelFetchError)) return `Unexpected: ${error instanceof Error ? error.stack : error}`;
  const message = error.message.split('\n').map(printable).join('\n');
  return `${error.code}: ${message}${error.hint === undefined ? '' : `\n  ${error.hint}`}`;
}
