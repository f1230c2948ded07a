// Makes repositories and tags on ModelScope (modelscope.md 5.2, 5.9).

import { createHash } from 'node:crypto';
import { codeOf, ModelFetchError } from '../../core/errors.ts';
import type { HttpText } from '../../core/http.ts';
import type { FoundTag, PushTarget, TagRequest, Visibility } from '../../core/ports/push.ts';
import { type ModelRef, repositoryOf } from '../../core/ref.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { quote } from '../../core/text/quote.ts';
import type { ModelscopeApi } from './api.ts';
import { listModelscope } from './listing.ts';
import { modelscopeChangeRefusal } from './push-wire.ts';
import { readCommit, readNames } from './revisions.ts';

/** modelscope.md 2.1 */
const VISIBILITY: Readonly<Record<Visibility, number>> = { private: 1, public: 5 };

/** Makes the repository; fine when it is there. @throws READ_ONLY, REFUSED */
export async function makeModelscope(api: ModelscopeApi, target: PushTarget, signal: AbortSignal): Promise<void> {
  const { ref, license, visibility = 'public' } = target;
  const [owner = '', name = ''] = ref.repo.split('/');
  const said = {
    Name: name,
    Visibility: VISIBILITY[visibility],
    ...(license === undefined ? {} : { License: license }),
  };
  const content = ref.kind === 'dataset' ? formOf({ Owner: owner, ...said }) : jsonOf({ Path: owner, ...said });
  const language = new URL(api.endpoint).hostname.endsWith('.ai') ? { 'x-modelscope-accept-language': 'en_US' } : {};
  await change(
    api,
    {
      subject: `making ${repositoryOf(ref)}`,
      url: `${api.endpoint}/api/v1/${ref.kind}s`,
      headers: { ...content.headers, ...language },
      body: content.body,
    },
    signal,
  );
}

interface Content {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

function jsonOf(value: object): Content {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

// Datasets are made by a form (modelscope.md 2.6).
function formOf(value: Readonly<Record<string, string | number>>): Content {
  const boundary = createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 32);
  const fields = Object.entries(value).map(
    ([name, text]) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n`,
  );
  return {
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: `${fields.join('')}--${boundary}--\r\n`,
  };
}

interface Making extends Content {
  readonly subject: string;
  readonly url: string;
}

/** What is there already may be our own, made by a try whose answer was lost. @returns whether it was there */
async function change(
  api: ModelscopeApi,
  { subject, url, headers, body }: Making,
  signal: AbortSignal,
): Promise<boolean> {
  const question = api.question(subject);
  let wasThere = false;
  const judge = (answer: HttpText) => {
    const refusal = modelscopeChangeRefusal(answer, question);
    wasThere = codeOf(refusal) === 'CONFLICT';
    return wasThere ? undefined : refusal;
  };
  const request = { method: 'POST', url, headers: { accept: 'application/json', ...headers }, body } as const;
  await api.tell({ request, judge }, signal);
  return wasThere;
}

export async function findModelscopeTag(
  api: ModelscopeApi,
  ref: ModelRef,
  name: string,
  signal: AbortSignal,
): Promise<FoundTag | undefined> {
  const names = await readNames(api, ref, signal);
  return names?.tags.includes(name) ? { revision: await readCommit(api, ref, name, signal) } : undefined;
}

interface TagPlace {
  readonly api: ModelscopeApi;
  readonly ref: ModelRef;
  readonly branch: string;
}

/** A tag, once made, stays: the hub offers no way to move it. @throws CONFLICT, and as Push.tag */
export async function tagModelscope(
  { api, ref, branch }: TagPlace,
  { name, revision }: TagRequest,
  signal: AbortSignal,
): Promise<'made' | 'kept'> {
  const target = revision ?? branch;
  const found = await findModelscopeTag(api, ref, name, signal);
  if (found !== undefined) {
    if (await isSame({ api, ref }, { name, found, target, revision }, signal)) return 'kept';
    throw tagConflict(ref, name);
  }
  const making = { subject: `the tag ${quote(name)}`, url: api.url(ref, '/repo/tag') };
  await changeFirst(
    api,
    [target, branch].map((Ref) => ({ ...making, ...jsonOf({ TagName: name, Ref }) })),
    signal,
  );
  const made = await findModelscopeTag(api, ref, name, signal);
  // A list that does not show it yet is only late.
  if (made !== undefined && !(await isSame({ api, ref }, { name, found: made, target, revision }, signal)))
    throw tagConflict(ref, name);
  return 'made';
}

// That a tag can be set on a commit is documented for one client only; on the head of the branch it always can.
async function changeFirst(api: ModelscopeApi, makings: readonly Making[], signal: AbortSignal): Promise<void> {
  const [first, second] = makings;
  if (first === undefined) return;
  try {
    await change(api, first, signal);
  } catch (error) {
    const mayBeRef = ['REFUSED', 'READ_ONLY', 'REVISION_NOT_FOUND'].includes(codeOf(error) ?? '');
    if (!mayBeRef || second === undefined || second.body === first.body) throw error;
    await change(api, second, signal);
  }
}

interface Compared {
  readonly name: string;
  readonly found: FoundTag;
  readonly target: string;
  readonly revision: string | undefined;
}

// Where the hub tells no commits, the same files are the same release.
async function isSame(
  { api, ref }: Pick<TagPlace, 'api' | 'ref'>,
  { name, found, target, revision }: Compared,
  signal: AbortSignal,
): Promise<boolean> {
  if (found.revision !== undefined && revision !== undefined) return found.revision === revision;
  const [tagged, wanted] = await Promise.all([name, target].map((at) => listModelscope(api, ref, at, signal)));
  return contentOf(tagged ?? []) === contentOf(wanted ?? []);
}

function contentOf(files: readonly ListedFile[]): string {
  return files
    .map(({ path, sizeBytes, digests }) => `${path}\0${sizeBytes}\0${digests.join()}`)
    .sort()
    .join('\n');
}

function tagConflict(ref: ModelRef, name: string): ModelFetchError {
  return new ModelFetchError('CONFLICT', `The tag ${quote(name)} of ${repositoryOf(ref)} is on another commit.`, {
    hint: 'Choose another name for the tag; ModelScope lets tags be moved on its pages only.',
  });
}
