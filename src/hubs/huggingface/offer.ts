// How files are to travel to the Hugging Face Hub: which inside the commit, and which to its storage.

import type { LocalFile, Ticket } from '../../core/ports/push.ts';
import type { ModelRef } from '../../core/ref.ts';
import { protocolError } from '../border.ts';
import { LFS_TYPE, type LfsWant, lfsObject, lfsObjects, lfsWant } from '../lfs.ts';
import { sendParts, storageUrl } from '../storage.ts';
import { HUGGINGFACE_ENDPOINT, type HuggingfaceApi } from './api.ts';
import { postHuggingface } from './post.ts';
import { huggingfaceModes } from './push-wire.ts';

/** Of both questions; the official client’s number (huggingface.md 5.3, 5.4). */
export const HUGGINGFACE_BATCH = 256;

export interface OfferPlace {
  readonly api: HuggingfaceApi;
  readonly ref: ModelRef;
  /** The branch, or the ref of a pull request. */
  readonly revision: string;
  /** Whether the release is to open a pull request: readers may send to one, and not to a branch. */
  readonly opensPr: boolean;
  /** Content of the `.gitattributes` that the release brings. */
  readonly attributes: string | undefined;
}

/** Tickets for at most HUGGINGFACE_BATCH files, in their order. */
export async function offerHuggingface(
  place: OfferPlace,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<Ticket[]> {
  const modes = await askModes(place, files, signal);
  const large = files.filter((file) => modes.get(file.path) === 'lfs');
  const wants = large.length === 0 ? new Map<string, LfsWant>() : await askWants(place, large, signal);
  return files.map((file) => {
    const mode = modes.get(file.path);
    if (mode === 'ignored') return { kind: 'ignored', file };
    const want = mode === 'lfs' ? wants.get(file.path) : undefined;
    if (want === undefined) return { kind: 'inline', file };
    return want.upload === undefined ? { kind: 'have', file } : toSendTicket(place, file, want);
  });
}

/** Tickets for those of at most HUGGINGFACE_BATCH files that the hub's rules leave out. */
export async function ignoredHuggingface(
  place: OfferPlace,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<Ticket[]> {
  const modes = await askModes(place, files, signal);
  return files.flatMap((file) => (modes.get(file.path) === 'ignored' ? [{ kind: 'ignored', file }] : []));
}

type Mode = 'regular' | 'lfs' | 'ignored';

async function askModes(
  { api, ref, revision, opensPr, attributes }: OfferPlace,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<Map<string, Mode>> {
  const url = `${api.apiUrl(ref)}/preupload/${encodeURIComponent(revision)}${opensPr ? '?create_pr=1' : ''}`;
  const body = {
    files: files.map(({ path, sizeBytes, sample }) => ({
      path,
      size: sizeBytes,
      sample: Buffer.from(sample).toString('base64'),
    })),
    ...(attributes === undefined ? {} : { gitAttributes: attributes }),
  };
  const answer = await postHuggingface(
    api,
    ref,
    { url, body, schema: huggingfaceModes, type: 'application/json' },
    signal,
  );
  const said = new Map(answer.files.map((file) => [file.path, file]));
  return new Map(
    files.map(({ path, sizeBytes }) => {
      const row = said.get(path);
      if (row === undefined)
        throw protocolError(api.question('the release', ref), `it does not say how "${path}" is to travel`);
      if (row.shouldIgnore === true) return [path, 'ignored'];
      // Storage takes no empty object, whatever the service says (huggingface.md 5.3).
      return [path, sizeBytes === 0 ? 'regular' : row.uploadMode];
    }),
  );
}

async function askWants(
  { api, ref, revision, opensPr }: OfferPlace,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<Map<string, LfsWant>> {
  const url = `${api.pageUrl(ref)}.git/info/lfs/objects/batch`;
  const body = {
    operation: 'upload',
    transfers: ['basic', 'multipart'],
    hash_algo: 'sha256',
    ...(opensPr || revision.startsWith('refs/') ? {} : { ref: { name: revision } }),
    objects: [...new Map(files.map((file) => [lfsObject(file).oid, lfsObject(file)])).values()],
  };
  const answer = await postHuggingface(api, ref, { url, body, schema: lfsObjects, type: LFS_TYPE }, signal);
  const question = api.question('the release', ref);
  return new Map(files.map((file) => [file.path, lfsWant(answer, file, { question, isOmittedKnown: false })]));
}

function toSendTicket({ api, ref }: OfferPlace, file: LocalFile, { upload, verify }: LfsWant): Ticket {
  if (upload === undefined) return { kind: 'have', file };
  const question = api.question(`"${file.path}"`, ref);
  const parts = sendParts(upload, file.sizeBytes, question);
  const complete = upload.header?.['chunk_size'] === undefined ? undefined : ourAddress(api, upload.href);
  return {
    kind: 'send',
    file,
    upload: uploadName(upload.href),
    parts,
    closing: {
      ...(complete === undefined ? {} : { complete: storageUrl(complete, question) }),
      ...(verify === undefined ? {} : { verify: storageUrl(ourAddress(api, verify.href), question) }),
    },
  };
}

// Parts belong to an upload, and a new link to the same upload still finds them.
function uploadName(href: string): string {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  return url?.searchParams.get('uploadId') ?? href;
}

// Asked through a mirror, the service still writes its own address (huggingface.md 1.1).
function ourAddress({ endpoint }: HuggingfaceApi, href: string): string {
  return href.startsWith(`${HUGGINGFACE_ENDPOINT}/`) ? `${endpoint}${href.slice(HUGGINGFACE_ENDPOINT.length)}` : href;
}
