// A release on its way to the Hugging Face Hub: what it is built on, what the hub takes, and the order of the questions.

import { ModelFetchError } from '../../core/errors.ts';
import type { LocalFile, Push, PushBase, PushLimits, PushTarget, Ticket } from '../../core/ports/push.ts';
import { repositoryOf } from '../../core/ref.ts';
import type { ListedFile } from '../../core/snapshot.ts';
import { refuseLarge, sharesGiven, wantToken } from '../push-rules.ts';
import type { HuggingfaceApi } from './api.ts';
import { attributesOf, heldAttributes, isRules } from './attributes.ts';
import { readBase } from './base.ts';
import { listHuggingface, toListedFile } from './listing.ts';
import { HUGGINGFACE_BATCH, ignoredHuggingface, type OfferPlace, offerHuggingface } from './offer.ts';
import { createOpener, markOf } from './proposal.ts';
import { checkRights, findHuggingfaceTag, makeBranch, makeRepository, tagHuggingface } from './refs.ts';
import { commit, goOn, opensPr, pageOf, present, refresh, type Session } from './session.ts';
import { dropStage, openStage } from './stage.ts';
import { finishHuggingface, receiveHuggingface } from './upload.ts';

/** huggingface.md 5.8 */
export const HUGGINGFACE_LIMITS: PushLimits = {
  fileBytes: 500e9,
  commitFiles: 25_000,
  // Of the 1 GB that a request may have, a third is the encoding’s.
  commitInlineBytes: 700e6,
  calmCommitFiles: 1000,
  offerFiles: HUGGINGFACE_BATCH,
  parallelParts: 5,
  repositoryFiles: 100_000,
  folderFiles: 10_000,
  canMoveTag: true,
  canOpenPr: true,
  isAmended: isRules,
  refusedTag: () => undefined,
  refusedName: (path) =>
    /(^|\/)\.cache\/huggingface(\/|$)/.test(path) ? 'the hub keeps that folder for its own program' : undefined,
};

/** @throws as Hub.push */
export async function pushHuggingface(api: HuggingfaceApi, target: PushTarget, signal: AbortSignal): Promise<Push> {
  const { ref } = target;
  await wantToken(api, repositoryOf(ref), signal);
  const place = { api, ref };
  const purpose = target.createPr ? 'proposal' : 'stage';
  const mark = markOf(purpose, target.folder);
  const session: Session = {
    api,
    target,
    place,
    base: await readBase(api, target, signal),
    given: new Map(),
    attributes: undefined,
    pr: undefined,
    opener: createOpener(place, { mark, purpose }),
    mark,
    added: undefined,
  };
  if (session.base.hasRepository && target.createPr) await goOn(session, signal);
  else if (session.base.hasRepository) await checkRights(api, ref, signal);
  return {
    get base() {
      return session.base;
    },
    limits: HUGGINGFACE_LIMITS,
    prepare: (stop) => prepare(session, stop),
    refresh: (stop) => refresh(session, stop),
    offer: (files, stop) => offer(session, files, stop),
    leaveOut: (files, stop) => leaveOut(session, files, stop),
    receive: async (ticket, part, answer) => receiveHuggingface(ticket, part.index, answer),
    finish: (ticket, receipts, stop) => finishHuggingface({ api, ref }, ticket, receipts, stop),
    commit: (change, stop) => commit(session, change, stop),
    stage: (message, stop) => openStage(session, { message, mark, limits: HUGGINGFACE_LIMITS }, stop),
    dropStage: (stop) => dropStage(session, stop),
    present: (stop) => present(session, stop),
    pageOf: (revision) => pageOf(session, revision),
    findTag: (name, stop) => findHuggingfaceTag(api, ref, name, stop),
    async tag(request, stop) {
      const revision = request.revision ?? session.base.commit;
      if (revision === undefined) throw new Error('a tag was asked for before there was a commit');
      return tagHuggingface(api, ref, { ...request, revision }, stop);
    },
    readBack: (revision, stop) => list(session, revision ?? session.base.branch, stop),
  };
}

async function prepare(session: Session, signal: AbortSignal): Promise<PushBase> {
  const { api, target } = session;
  if (!session.base.hasRepository) {
    await makeRepository(api, target, signal);
    session.base = await readBase(api, { ...target, create: true }, signal);
    if (!session.base.hasRepository) throw hidden(target);
  }
  const { hasBranch, branch, commit } = session.base;
  if (!hasBranch && commit !== undefined) {
    await makeBranch(api, target.ref, { name: branch, start: commit }, signal);
    session.base = { ...session.base, hasBranch: true };
  }
  return session.base;
}

function hidden({ ref }: PushTarget): ModelFetchError {
  return new ModelFetchError('CONFLICT', `${repositoryOf(ref)} can neither be made nor read.`, {
    hint: 'The name may be taken by a repository that this token cannot see.',
  });
}

async function offer(session: Session, files: readonly LocalFile[], signal: AbortSignal): Promise<Ticket[]> {
  const { given } = session;
  refuseLarge(files, HUGGINGFACE_LIMITS);
  const { held, place } = await applyRules(session, files, signal);
  const tickets: Ticket[] = [];
  for (let from = 0; from < files.length; from += HUGGINGFACE_BATCH) {
    tickets.push(...(await offerHuggingface(place, files.slice(from, from + HUGGINGFACE_BATCH), signal)));
  }
  const storage = { storage: session.api.endpoint, repository: repositoryOf(session.target.ref) };
  return tickets.map((ticket) =>
    ticket.file.path === held ? { kind: 'kept', file: ticket.file } : sharesGiven(given, ticket, storage),
  );
}

async function leaveOut(session: Session, files: readonly LocalFile[], signal: AbortSignal): Promise<Ticket[]> {
  const { held, place } = await applyRules(session, files, signal);
  const tickets: Ticket[] = files.flatMap((file) => (file.path === held ? [{ kind: 'kept', file }] : []));
  for (let from = 0; from < files.length; from += HUGGINGFACE_BATCH) {
    tickets.push(...(await ignoredHuggingface(place, files.slice(from, from + HUGGINGFACE_BATCH), signal)));
  }
  return tickets;
}

// What the rules among the files are to the hub, and where the files are offered under them.
async function applyRules(
  session: Session,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<{ held: string | undefined; place: OfferPlace }> {
  const { api, target, base } = session;
  session.attributes ??= await attributesOf(files);
  const held = await findHeld(session, files, signal);
  // Then the hub's own, fuller rules count.
  if (held !== undefined) session.attributes = undefined;
  const { attributes } = session;
  return { held, place: { api, ref: target.ref, revision: base.branch, opensPr: opensPr(session), attributes } };
}

// Else every run would send the rules again, and the hub would add its own again.
async function findHeld(
  { api, target, base, attributes }: Session,
  files: readonly LocalFile[],
  signal: AbortSignal,
): Promise<string | undefined> {
  const { commit } = base;
  const isThere = (path: string) =>
    files.some((file) => file.path === path) && base.files.some((file) => file.path === path);
  if (attributes === undefined || commit === undefined || !isThere('.gitattributes')) return undefined;
  return heldAttributes({ api, ref: target.ref, commit }, attributes, signal);
}

async function list({ api, target }: Session, revision: string, signal: AbortSignal): Promise<ListedFile[]> {
  return (await listHuggingface(api, target.ref, revision, signal)).map(toListedFile);
}
