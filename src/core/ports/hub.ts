// The seams of hubs and of other places that have their files: they describe, and flows move. Interfaces only.

import type { Emit } from '../events.ts';
import type { Headers, HttpRequest } from '../http.ts';
import type { HubGrammar, ModelRef } from '../ref.ts';
import type { Listing, RemoteFile, Snapshot } from '../snapshot.ts';
import type { KeylessParts, TokenSource } from '../token.ts';
import type { Transport } from './net.ts';
import type { Push, PushTarget } from './push.ts';

/** The best of the versions (each valid semver) that satisfies the range, or undefined. */
export type VersionPicker = (versions: readonly string[], range: string) => string | undefined;

/** Where a file's bytes are. Plain data, so that another thread can fetch them. */
export interface Located {
  readonly request: HttpRequest;
}

/** An answer that is not the file, with as much of its text as tells what it is. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** `cache`: near, and asked alone unless it is sluggish. `origin`: the hub that promised the digests; bytes of any other place are
 * doubted first. `mirror`: asked beside the origin. */
export type SourceKind = 'cache' | 'origin' | 'mirror';

/** A place that may hold bytes. It describes; flows/transfer/transfer.ts does. */
export interface Source {
  /** As the report names it; no other source of a run has the same name. */
  readonly name: string;
  readonly kind: SourceKind;
  /** Undefined when the source does not have the file. */
  locate(snapshot: Snapshot, file: RemoteFile, signal: AbortSignal): Promise<Located | undefined>;
  /** Where the file is under another token than the one that was refused; undefined where there is none. Absent where no token is sent. */
  relocate?(
    refused: Located,
    wanted: { readonly snapshot: Snapshot; readonly file: RemoteFile },
    signal: AbortSignal,
  ): Promise<Located | undefined>;
  /** How long it may be waited for in vain from now on. Absent where that is not limited beyond what every source keeps to. */
  patienceMs?(): number;
  /** What an answer that is not the file means in this source's own dialect; undefined when it says nothing special. */
  refusal(answer: FailedAnswer, snapshot: Snapshot, file: RemoteFile): Error | undefined;
}

export interface Hub {
  /** The site that is asked: scheme and host, perhaps a path. */
  readonly endpoint: string;
  /** What a reference means now, and everything that is there, whatever its subpath.
   * @throws NOT_FOUND, REVISION_NOT_FOUND, AUTH_REQUIRED, FORBIDDEN, HUB_PROTOCOL, and the network codes. */
  list(ref: ModelRef, signal: AbortSignal): Promise<Listing>;
  readonly source: Source;
  /** Opens a release to a repository of this hub. Changes nothing there. Absent where the hub cannot be written to.
   * @throws NOT_FOUND, REVISION_NOT_FOUND (missing, and not to be made or not to be made by a program), READ_ONLY, and as list */
  push?(target: PushTarget, signal: AbortSignal): Promise<Push>;
}

export interface HubSetting {
  /** Scheme and host, perhaps a path; no slash at the end. */
  readonly endpoint: string;
  readonly token?: string;
  /** Where tokens come from that may change while a run goes on; wins over `token`. */
  readonly tokens?: TokenSource;
}

export interface HubDependencies {
  readonly transport: Transport;
  readonly pickVersion: VersionPicker;
  readonly emit: Emit;
}

/** One row of the table of hubs. */
export interface HubEntry extends HubGrammar {
  /** As people write it. */
  readonly title: string;
  /** Environment variables that hold a token or an endpoint, the first that is set wins. */
  readonly tokenVariables: readonly string[];
  readonly endpointVariables: readonly string[];
  /** The endpoint of a reference that names no other. */
  readonly defaultEndpoint: string;
  create(setting: HubSetting, dependencies: HubDependencies): Hub;
  /** Tokens for who the job is; absent where the hub wants a token of an account. */
  keyless?(parts: KeylessParts): TokenSource;
}
