// What happens, as data. Flows tell; host/console.ts and host/actions.ts show.

import type { ErrorCode } from './errors.ts';

export type Event =
  /** A named part of the run begins; every second of a run belongs to one. */
  | { readonly type: 'phase'; readonly phase: Phase; readonly subject: string }
  | { readonly type: 'notice'; readonly message: string }
  | { readonly type: 'warning'; readonly code?: ErrorCode; readonly message: string }
  | ({ readonly type: 'progress' } & Progress)
  | {
      readonly type: 'retry';
      readonly subject: string;
      readonly code: ErrorCode;
      readonly attempt: number;
      readonly waitMs: number;
    }
  /** A value that no output may show: a part of a signed link. */
  | { readonly type: 'secret'; readonly value: string }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly outcome: string;
      readonly source: string;
      readonly sizeBytes: number;
    };

export const PHASES = ['resolve', 'scan', 'cache', 'transfer', 'place', 'check', 'send', 'commit', 'prove'] as const;
export type Phase = (typeof PHASES)[number];

export interface Progress {
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly doneFiles: number;
  readonly totalFiles: number;
  /** Bytes that each source has sent so far. */
  readonly sources: Readonly<Record<string, number>>;
}

export type Emit = (event: Event) => void;
