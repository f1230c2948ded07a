// How Hugging Face makes a commit: one at a time, on the head that the client names, all or nothing (huggingface.md 5.6, 5.7).

import { changesNothing } from './changes.ts';
import { bytesOf, createBody } from './content.ts';
import { readLines, toChanges } from './huggingface-changes.ts';
import { openDiscussion, refuseDisabled } from './huggingface-discussions.ts';
import { type Call, commitOf, type HuggingfaceHub, proposableOf, refusal } from './huggingface-hub.ts';
import { largeBy, textAt } from './huggingface-preupload.ts';
import type { Change, Commit, Repository } from './repository.ts';
import { send } from './server.ts';

/** `POST /api/{type}s/{id}/commit/{rev}` */
export async function commit(call: Call): Promise<void> {
  const { exchange, hub } = call;
  const branch = decodeURIComponent(call.rest[0] ?? '');
  const isProposal = exchange.log.query.get('create_pr') === '1';
  const repository = proposableOf(call, isProposal || branch.startsWith('refs/pr/'));
  if (isProposal) refuseDisabled(call);
  if (!isProposal && !repository.branches.has(branch)) {
    throw refusal(404, `Invalid rev id: ${branch}`, 'RevisionNotFound');
  }
  if (hub.busy.has(repository)) {
    throw refusal(409, 'Another commit operation is in progress for this repository. Please try again later.');
  }
  hub.busy.add(repository);
  const body = await commitAlone(call, repository, { branch, isProposal }).finally(() => hub.busy.delete(repository));
  await send(exchange, { status: 200, body });
}

interface Target {
  readonly branch: string;
  readonly isProposal: boolean;
}

async function commitAlone(call: Call, repository: Repository, { branch, isProposal }: Target): Promise<object> {
  const { exchange, hub } = call;
  const text = await exchange.readBody();
  if (text.length > hub.options.upload.commitLimitBytes) throw refusal(413, 'Payload too large');
  const { header, operations } = readLines(text.toString());
  if (operations.filter(({ key }) => key === 'lfsFile').length > hub.options.upload.commitLimit) {
    throw refusal(400, 'Too many LFS files in one commit');
  }
  const parent = parentOf(repository, { branch, isProposal }, header.parentCommit);
  const changes = await toChanges({ hub, repository, parent }, operations);
  await addAttributes(parent, changes);
  const { summary: title, description } = header;
  const opening = { title, description, status: 'open', pullRequestAt: parent.id } as const;
  const onto = isProposal ? openDiscussion(call, repository, opening) : undefined;
  const made = await apply(hub, repository, {
    branch: onto === undefined ? branch : `refs/pr/${onto.number}`,
    parent,
    changes,
    message: header.summary,
  });
  exchange.log.applied = made !== parent.id;
  const page = `${exchange.origin}/${repository.kind === 'dataset' ? 'datasets/' : ''}${repository.id}`;
  const proposal = onto === undefined ? {} : { pullRequestUrl: `${page}/discussions/${onto.number}` };
  return { success: true, commitOid: made, commitUrl: `${page}/commit/${made}`, hookOutput: '', ...proposal };
}

// A pull request may begin at any commit; on a branch, the commit that is named must be its head.
function parentOf(repository: Repository, { branch, isProposal }: Target, named: string | undefined): Commit {
  const head = commitOf(repository, encodeURIComponent(branch));
  if (named === undefined) return head;
  if (!/^[0-9a-f]{5,40}$/.test(named)) throw refusal(400, '"parentCommit" must be a commit');
  if (head.id.startsWith(named)) return head;
  const other = isProposal ? repository.resolve(named) : undefined;
  if (other !== undefined) return other;
  throw refusal(412, 'A commit has happened since. Please refresh and try again.');
}

// A large file that no rule of .gitattributes covers gets one, in the same commit.
async function addAttributes(parent: Commit, changes: Map<string, Change>): Promise<void> {
  const sent = changes.get('.gitattributes');
  const isSent = typeof sent === 'object' && sent !== null && 'content' in sent;
  const before = isSent ? (await bytesOf(createBody(sent.content))).toString() : await textAt(parent, '.gitattributes');
  const large = [...changes].filter(
    ([, change]) => typeof change === 'object' && change !== null && 'isLarge' in change && change.isLarge === true,
  );
  const isKeptLarge = largeBy(before);
  const missing = large.map(([path]) => path).filter((path) => !isKeptLarge(path));
  if (missing.length === 0) return;
  const lines = missing.map((path) => `${path.replaceAll(' ', '[[:space:]]')} filter=lfs diff=lfs merge=lfs -text\n`);
  const start = before === '' || before.endsWith('\n') ? before : `${before}\n`;
  changes.set('.gitattributes', { content: start + lines.join(''), isLarge: false });
}

interface Made {
  readonly branch: string;
  readonly parent: Commit;
  readonly changes: ReadonlyMap<string, Change>;
  readonly message: string;
}

async function apply(
  { options }: HuggingfaceHub,
  repository: Repository,
  { branch, parent, changes, message }: Made,
): Promise<string> {
  const { emptyCommit } = options.upload;
  if (emptyCommit !== 'made' && (await changesNothing(parent, changes))) {
    if (emptyCommit === 'refused') throw refusal(400, 'No files have been modified since last commit');
    return parent.id;
  }
  return repository.commit(branch, Object.fromEntries(changes), message);
}
