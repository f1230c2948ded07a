// The whole listing of a Hugging Face repository at one commit, page after page, and what each entry promises.

import { type Digest, digestOf, hexOf, toDigest } from '../../core/digest.ts';
import { ModelFetchError } from '../../core/errors.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import { printable } from '../../core/repo-path.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { protocolError } from '../border.ts';
import type { HuggingfaceApi } from './api.ts';
import { type HuggingfaceEntry, huggingfaceTree } from './wire.ts';

/** More than any repository may hold; a service that never ends is stopped here. */
const MAX_ENTRIES = 500_000;

/** Every entry of the repository that is no folder (huggingface.md 2.3).
 * @throws HUB_PROTOCOL when its pages lead nowhere */
export async function listHuggingface(
  api: HuggingfaceApi,
  ref: ModelRef,
  commit: string,
  signal: AbortSignal,
): Promise<HuggingfaceEntry[]> {
  const entries: HuggingfaceEntry[] = [];
  const asked = new Set<string>();
  let url: string | undefined = `${api.apiUrl(ref)}/tree/${encodeURIComponent(commit)}?recursive=true`;
  while (url !== undefined) {
    if (asked.has(url))
      throw protocolError(api.question(repositoryOf(ref), ref), 'the pages of the listing lead in a circle');
    asked.add(url);
    const page: { data: HuggingfaceEntry[]; nextUrl: string | undefined } = await api.ask(
      ref,
      url,
      huggingfaceTree,
      signal,
    );
    for (const entry of page.data) if (entry.type !== 'directory') entries.push(entry);
    if (entries.length > MAX_ENTRIES || asked.size > MAX_ENTRIES) {
      throw protocolError(api.question(repositoryOf(ref), ref), `it lists more than ${MAX_ENTRIES} entries`);
    }
    url = page.nextUrl;
  }
  return entries;
}

/** What an entry promises: sha256 where the content lies in LFS, git's blob id elsewhere (huggingface.md 3.6). One that contradicts
 * itself has its trouble: SIZE_MISMATCH or HUB_PROTOCOL, naming the file. */
export function toListedFile(entry: HuggingfaceEntry): ListedFile {
  const { path, lfs } = entry;
  const kind = entry.type === 'file' ? 'file' : 'unknown';
  const sizeBytes = entry.size ?? Number.NaN;
  if (lfs == null) return { path, sizeBytes, kind, digests: present(toDigest('git-sha1', entry.oid)) };
  const digest = toDigest('sha256', lfs.oid);
  const trouble = twoSizes(path, sizeBytes, lfs.size) ?? wrongPointer(entry, digest, lfs);
  return { path, sizeBytes, kind, digests: present(digest), ...(trouble === undefined ? {} : { trouble }) };
}

const DAMAGED = { hint: 'Whatever serves this listing has damaged it; try the hub itself instead of a mirror.' };

function twoSizes(path: string, sizeBytes: number, lfsBytes: number): ModelFetchError | undefined {
  if (lfsBytes === sizeBytes) return undefined;
  const message = `The listing gives "${printable(path)}" two sizes: ${sizeBytes} and ${lfsBytes}.`;
  return new ModelFetchError('SIZE_MISMATCH', message, DAMAGED);
}

// Of a file in LFS, git holds a small text with digest and size; `oid` is that text's id, and so vouches for both.
function wrongPointer(
  { path, oid }: HuggingfaceEntry,
  digest: Digest | undefined,
  lfs: { size: number; pointerSize?: number | null | undefined },
): ModelFetchError | undefined {
  if (digest === undefined) return undefined;
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${hexOf(digest)}\nsize ${lfs.size}\n`;
  // Pointers with more lines are legal and rare; they have another length, and their text cannot be known.
  const isPlain = lfs.pointerSize == null || lfs.pointerSize === Buffer.byteLength(pointer);
  const listed = toDigest('git-sha1', oid);
  if (!isPlain || listed === undefined || listed === digestOf('git-sha1', pointer)) return undefined;
  const message = `The listing contradicts itself about "${printable(path)}": its git id and its sha256 do not belong together.`;
  return new ModelFetchError('HUB_PROTOCOL', message, DAMAGED);
}

function present(digest: Digest | undefined): Digest[] {
  return digest === undefined ? [] : [digest];
}
