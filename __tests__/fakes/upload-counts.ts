// What a release cost, told from what a fake hub and its storage wrote down since they were reset.

import type { RequestLog, Step } from './server.ts';

export interface UploadCounts {
  /** Commits that were made. */
  readonly commits: number;
  /** Pull requests that were merged. */
  readonly merges: number;
  /** Tags that were made or moved. */
  readonly tags: number;
  /** Bytes of blobs that reached the storage, of broken uploads too. */
  readonly blobBytes: number;
  /** sha256 → such bytes. */
  readonly bytesOf: Readonly<Record<string, number>>;
  /** sha256 of blobs that were sent whole, as often as they were. */
  readonly arrived: readonly string[];
  /** Requests for each step, answered or not. */
  readonly steps: Readonly<Partial<Record<Step, number>>>;
}

interface Logged {
  readonly server: { readonly requests: readonly RequestLog[] };
  readonly storage: { readonly server: { readonly requests: readonly RequestLog[] } };
}

export function countUploads({ server, storage }: Logged): UploadCounts {
  const logs = [...server.requests, ...storage.server.requests];
  const of = (...steps: Step[]) => logs.filter(({ step }) => step !== undefined && steps.includes(step));
  const applied = (...steps: Step[]) => of(...steps).filter((log) => log.applied);
  const bytesOf: Record<string, number> = {};
  for (const { subject, bytesReceived } of of('put', 'part')) {
    const [oid = ''] = subject?.split('#') ?? [];
    bytesOf[oid] = (bytesOf[oid] ?? 0) + bytesReceived;
  }
  const steps: Partial<Record<Step, number>> = {};
  for (const { step } of logs) if (step !== undefined) steps[step] = (steps[step] ?? 0) + 1;
  return {
    commits: applied('commit').length,
    merges: applied('merge').length,
    tags: applied('tag').length,
    blobBytes: Object.values(bytesOf).reduce((sum, bytes) => sum + bytes, 0),
    bytesOf,
    arrived: applied('put', 'complete').map(({ subject }) => subject ?? ''),
    steps,
  };
}
