// Hubs and mirrors as a run's options mean them: address, and the token that belongs there. No logic of its own, and no @actions
// package.

import { readEndpoint } from '../core/endpoint.ts';
import type { Options } from '../core/options.ts';
import type { Hub, HubEntry, HubSetting, Source, Transport } from '../core/ports.ts';
import type { ModelRef } from '../core/ref.ts';
import type { CommandLine } from '../core/token/command.ts';
import { holdToken } from '../core/token/held.ts';
import { readToken, type TokenSource, type TokenWay, tokenFrom, tokenWay } from '../core/token.ts';
import { isFile } from '../disk/is-file.ts';
import { readSecretFile } from '../disk/secret-file.ts';
import { systemClock } from '../host/clock.ts';
import type { Environment } from '../host/environment.ts';
import { createIdentity } from '../host/identity.ts';
import { runTokenCommand } from '../host/token-command.ts';
import { findHub, HUBS } from '../hubs/index.ts';
import { createMirror } from '../mirrors/index.ts';
import type { RunSetting } from './wire-ground.ts';

export type HubParts = RunSetting & { readonly transport: Transport };

/** The secrets that a run will use and that are known beforehand, to be masked before anything is said. Which models a lock file
 * names is not known yet. */
export function tokensOf({ options, environment }: Pick<RunSetting, 'options' | 'environment'>): string[] {
  const anyHub = HUBS.map(({ name }): ModelRef => ({ hub: name, kind: 'model', repo: '' }));
  const refs = options.models.length === 0 ? anyHub : options.models;
  const ways = refs.map((ref) => tokenFor(ref, options, environment));
  return [...new Set(ways.flatMap((way) => (way?.kind === 'token' ? [way.token] : [])))];
}

/** The hub of each reference of a run. A program that gives the token is run once for all of them. */
export function createHubs(parts: HubParts): (ref: ModelRef) => Hub {
  const ground = { variables: process.env, platform: process.platform, isFile };
  let held: TokenSource | undefined;
  const tokensBy = (line: CommandLine) => {
    held ??= holdToken((signal) => runTokenCommand(line, ground, signal), parts.emit, systemClock.nowMs);
    return held;
  };
  return (ref) => createHub(ref, { ...parts, tokensBy });
}

type OneHubParts = HubParts & { tokensBy(line: CommandLine): TokenSource };

function createHub(ref: ModelRef, parts: OneHubParts): Hub {
  const { options, environment, emit, pickVersion, transport } = parts;
  const hub = findHub(ref.hub);
  const way = tokenFor(ref, options, environment);
  const endpoint = endpointFor(hub, ref, options, environment);
  if (way !== undefined && isInTheOpen(endpoint)) {
    emit({ type: 'warning', message: `The token for ${hub.title} goes to ${endpoint} without encryption.` });
  }
  return hub.create(
    { endpoint, ...(way === undefined ? {} : tokenSetting(way, { hub, ref, endpoint }, parts)) },
    { transport, pickVersion, emit },
  );
}

/** The further places of a reference's files. They get no token. */
export function createMirrors(ref: ModelRef, parts: HubParts): Source[] {
  const siteSource = (endpoint: string) => findHub(ref.hub).create({ endpoint }, parts).source;
  return parts.options.mirrors.map((mirror) => createMirror(mirror, siteSource));
}

// A variable's token belongs to the hub's own endpoint, not to another site that a pasted address names. A hub that trusts no
// identity takes its variable too, so that one step can publish to both kinds.
function tokenFor(ref: ModelRef, options: Options, environment: Environment): TokenWay | undefined {
  const hub = findHub(ref.hub);
  const way = options.token === undefined ? undefined : tokenWay(options.token);
  if (way !== undefined && (way.kind !== 'identity' || hub.keyless !== undefined)) return way;
  const variable = ref.site === undefined ? environment.first(hub.tokenVariables) : undefined;
  const token = variable === undefined ? undefined : readToken(variable.name, variable.value);
  return token === undefined ? undefined : { kind: 'token', token };
}

function tokenSetting(
  way: TokenWay,
  { hub, ref, endpoint }: { hub: HubEntry; ref: ModelRef; endpoint: string },
  { environment, emit, transport, tokensBy }: OneHubParts,
): Pick<HubSetting, 'token' | 'tokens'> {
  if (way.kind === 'token') return { token: way.token };
  if (way.kind === 'file') return { tokens: tokenFrom('token', () => readSecretFile(way.path), emit) };
  if (way.kind === 'command') return { tokens: tokensBy(way.line) };
  const identity = createIdentity(environment.first, { transport, emit });
  const tokens = hub.keyless?.({ endpoint, ref, identity, transport, clock: systemClock, emit });
  return tokens === undefined ? {} : { tokens };
}

function endpointFor(hub: HubEntry, ref: ModelRef, options: Options, environment: Environment): string {
  const variable = environment.first(hub.endpointVariables);
  const fromVariable = variable === undefined ? undefined : readEndpoint(variable.name, variable.value);
  return options.endpoint ?? ref.site ?? fromVariable ?? hub.defaultEndpoint;
}

function isInTheOpen(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname);
}
