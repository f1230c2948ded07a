// Addresses of web pages, taken apart. What the parts mean is each hub's own matter.

import { ModelFetchError } from '../core/errors.ts';
import { quote } from '../core/text/quote.ts';

/** The path's segments, each decoded on its own, so that an encoded slash stays inside its segment. @throws BAD_REF */
export function pageSegments(url: URL): string[] {
  try {
    return url.pathname
      .split('/')
      .filter((segment) => segment !== '')
      .map(decodeURIComponent);
  } catch (cause) {
    throw badPage(url, 'its percent signs do not encode text', cause);
  }
}

/** What a page says besides the repository; nothing is set that the address leaves open. */
export function pageTarget(
  revision: string | undefined,
  path: readonly string[],
): { revision?: string; subpath?: string } {
  return {
    ...(revision === undefined ? {} : { revision }),
    ...(path.length === 0 ? {} : { subpath: path.join('/') }),
  };
}

/** BAD_REF for a page that no reference can be read from. */
export function badPage(url: URL, reason: string, cause?: unknown): ModelFetchError {
  return new ModelFetchError('BAD_REF', `The address ${quote(url.href)} names no files of a repository: ${reason}.`, {
    hint: 'Paste the address of the repository, or of a folder or file in it, or write `owner/name`.',
    cause,
  });
}
