// A file's path inside a model, safe to write on every system. Listings are strangers' text: what fails here is refused by name.

import { ModelFetchError } from './errors.ts';

declare const brand: unique symbol;
/** Relative, `/`-separated, no `..`, no control character, no name that any of our systems reserves. */
export type RepoPath = string & { readonly [brand]: 'RepoPath' };

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;
const MAX_SEGMENT_BYTES = 255;
/** Together with the folder it must fit what the narrowest system allows. */
const MAX_PATH_BYTES = 900;
/** The names under which a folder keeps our own record. */
const OWN_NAMES = /^\.model-fetch(\.json$|-tmp-)/i;
const MAX_SHOWN = 300;

/** Why a path cannot be written everywhere, or undefined when it can. */
export function unsafeReason(path: string): string | undefined {
  if (path === '') return 'it is empty';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u001f\u007f-\u009f]/.test(path)) return 'it holds a control character';
  if (/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/.test(path))
    return 'it holds a character that changes how text is shown';
  if (!path.isWellFormed()) return 'it is not valid Unicode';
  if (path.startsWith('/')) return 'it is absolute';
  if (/^[a-z]:/i.test(path)) return 'it names a drive';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `it is longer than ${MAX_PATH_BYTES} bytes`;
  if (path.includes('\\')) return 'it holds a backslash, which separates folders on Windows';
  for (const segment of path.split('/')) {
    const reason = unsafeSegment(segment);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function unsafeSegment(segment: string): string | undefined {
  if (segment === '') return 'it has an empty folder name';
  if (segment === '.' || segment === '..') return 'it leaves its folder';
  if (/^\.git$/i.test(segment) || /^git~1$/i.test(segment)) return 'it lies in a .git folder';
  if (/[<>:"|?*]/.test(segment)) return 'it holds a character that Windows does not allow';
  if (/[. ]$/.test(segment)) return 'a name in it ends in a dot or a space, which Windows drops';
  if (RESERVED.test((segment.split('.')[0] ?? '').trimEnd())) return 'a name in it is reserved on Windows';
  if (OWN_NAMES.test(segment)) return 'a name in it is one under which this program keeps its own record';
  if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES) return `a name in it is longer than ${MAX_SEGMENT_BYTES} bytes`;
  return undefined;
}

/** Text shown to people: control characters become visible escapes, so that a name cannot write into a log. */
export function printable(text: string): string {
  return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function cut(path: string): string {
  return path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path;
}

/** @throws UNSAFE_PATH, naming the path and the reason. */
export function repoPath(path: string): RepoPath {
  const reason = unsafeReason(path);
  if (reason !== undefined) throw unsafe(`The listing names "${printable(cut(path))}", which is refused: ${reason}.`);
  return path as RepoPath;
}

/** Refuses two paths that are one file on some system: the same but for case or Unicode form, or a file that is also a folder.
 * @throws UNSAFE_PATH, naming both paths. */
export function refuseCollisions(paths: readonly RepoPath[]): void {
  const collision = collisionOf(paths);
  if (collision !== undefined) throw unsafe(`The listing names ${collision}.`);
}

/** The first two paths that are one file on some system, and why, as the end of a sentence; undefined when there are none. */
export function collisionOf(paths: readonly string[]): string | undefined {
  const files = new Map<string, string>();
  for (const path of paths) {
    const other = files.get(fold(path));
    if (other !== undefined) return `"${other}" and "${path}", which are one file on systems that ignore case`;
    files.set(fold(path), path);
  }
  const folders = new Map<string, string>();
  for (const path of paths) {
    const clash = folderClash(path, files, folders);
    if (clash !== undefined) return clash;
  }
  return undefined;
}

function folderClash(path: string, files: Map<string, string>, folders: Map<string, string>): string | undefined {
  for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
    const folder = path.slice(0, end);
    const file = files.get(fold(folder));
    if (file !== undefined) return `"${file}" both as a file and as the folder of "${path}"`;
    const other = folders.get(fold(folder));
    if (other !== undefined && other !== folder)
      return `the folders "${other}" and "${folder}", which are one folder where case is ignored`;
    folders.set(fold(folder), folder);
  }
  return undefined;
}

// Both ways, since some letters have one capital and two small forms, or the other way round.
function fold(path: string): string {
  return path.normalize('NFC').toLowerCase().toUpperCase();
}

/** An UNSAFE_PATH error with the hint that all of them share. */
export function unsafe(message: string): ModelFetchError {
  return new ModelFetchError('UNSAFE_PATH', message, {
    hint: 'Leave the file out with `exclude`, or tell the owner of the repository.',
  });
}
