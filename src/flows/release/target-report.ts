// What became of one target, as the report tells it.

import { hexOf } from '../../core/digest.ts';
import { formatRef } from '../../core/ref.ts';
import { createTargetReport, type PublishedFile, type TargetReport, type Way } from '../../core/report/upload.ts';
import { revisionOf } from './prove-release.ts';
import type { Consignment, TargetWork } from './upload-target.ts';

export function reportTarget(work: TargetWork): TargetReport {
  const files = [...work.files.values()].map((consignment) => reportFile(consignment, work));
  const gone = work.deletes.map(
    ({ path, sizeBytes }): PublishedFile => ({
      path,
      size: sizeBytes,
      sha256: null,
      change: 'deleted',
      way: 'none',
      uploaded: 0,
    }),
  );
  const all = [...files, ...gone].sort((a, b) => (a.path < b.path ? -1 : 1));
  const { base } = work.push;
  const willChange = work.state === 'planned' && all.some(({ change }) => change !== 'unchanged');
  const isUnknown = work.state === 'unknown';
  return createTargetReport({
    ref: formatRef(work.ref),
    hub: work.ref.hub,
    repo: work.ref.repo,
    branch: base.branch,
    state: work.state,
    commit: work.committed?.revision ?? null,
    revision: isUnknown ? null : (revisionOf(work) ?? null),
    url: isUnknown ? work.push.pageOf(base.commit) : (work.committed?.url ?? base.proposal ?? ''),
    tag: work.tag ?? null,
    changed: work.committed !== undefined || willChange,
    files: all,
  });
}

function reportFile({ file, change, ticket, uploadedBytes }: Consignment, work: TargetWork): PublishedFile {
  const way = wayOf(change, ticket?.kind, uploadedBytes);
  // What travels inside a commit has travelled when there is one.
  const inlineBytes = way === 'inline' && work.made.has(file.path) ? file.sizeBytes : 0;
  return {
    path: file.path,
    size: file.sizeBytes,
    sha256: hexOf(file.digests.sha256),
    change,
    way,
    uploaded: uploadedBytes + inlineBytes,
  };
}

function wayOf(change: Consignment['change'], kind: string | undefined, uploadedBytes: number): Way {
  if (kind === 'ignored') return 'ignored';
  if (kind === 'inline' && change !== 'unchanged') return 'inline';
  if (uploadedBytes > 0) return 'sent';
  return kind === 'have' && change !== 'unchanged' ? 'reused' : 'none';
}
