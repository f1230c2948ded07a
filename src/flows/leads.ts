// The sources of one file: who is still in, where each keeps the bytes, and which one brings the next range.

import { ModelFetchError } from '../core/errors.ts';
import type { Located, Source } from '../core/ports.ts';
import type { Lead } from './move-range.ts';
import type { Standings } from './standings.ts';

export interface Leads {
  /** The lead of the source that the next range should come from. @throws what the last source failed with; FILE_NOT_FOUND */
  choose(rangeBytes: number, signal: AbortSignal): Promise<Lead>;
  /** Whether another source is as good: neither left, nor doubted, nor out of the run. */
  hasOther(name: string): boolean;
  /** Whether there is any other source at all that was not left. */
  hasLast(name: string): boolean;
  /** The source that would bring so many bytes soonest, and how long it should take; undefined while no other one was measured. */
  quickestOther(name: string, rangeBytes: number): { readonly name: string; readonly ms: number } | undefined;
  /** A source is not asked for this file again. */
  leave(name: string, error: Error): void;
  /** A source may have sent wrong bytes: it is asked when there is nobody else. */
  doubt(name: string): void;
  /** What was learned of the sources is forgotten; who left stays away. */
  renew(): void;
}

export interface LeadsSetting {
  readonly path: string;
  readonly sources: readonly Source[];
  readonly standings: Standings;
  locate(source: Source, signal: AbortSignal): Promise<Located | undefined>;
  toLead(source: Source, located: Located): Lead;
}

/** A cache that takes longer for a range is held against the other sources. */
const PATIENCE_MS = 2000;

export function createLeads({ path, sources, standings, locate, toLead }: LeadsSetting): Leads {
  const left = new Set<string>();
  const doubted = new Set<string>();
  const leads = new Map<string, Promise<Lead | undefined>>();
  const near = new Set(sources.filter(({ kind }) => kind === 'cache').map(({ name }) => name));
  // What is near costs nobody a request to a hub, as long as it is quick.
  const isEnough = (name: string, rangeBytes: number) =>
    near.has(name) && (standings.expectMs(name, rangeBytes) ?? 0) <= PATIENCE_MS;
  let lastError: Error | undefined;

  const isGood = (name: string) => !left.has(name) && !doubted.has(name) && !standings.isOut(name);
  const remaining = (rangeBytes: number) => {
    const here = sources.map(({ name }) => name).filter((name) => !left.has(name));
    const undoubted = here.filter((name) => !doubted.has(name));
    const trusted = here.filter(isGood);
    // With nobody else left, one that failed for other files may still have this one; what it sends is hashed like all the rest.
    return (
      [trusted.filter((name) => isEnough(name, rangeBytes)), trusted, undoubted, here].find(
        (names) => names.length > 0,
      ) ?? []
    );
  };
  // Connections that begin together share one lead: what one of them learns of the source, all know.
  const leadOf = (source: Source, signal: AbortSignal): Promise<Lead | undefined> => {
    const known = leads.get(source.name);
    if (known !== undefined) return known;
    const aiming = locate(source, signal).then((located) =>
      located === undefined ? undefined : toLead(source, located),
    );
    leads.set(source.name, aiming);
    // The next connection may ask again.
    aiming.catch(() => leads.delete(source.name));
    return aiming;
  };
  const leave = (name: string, error: Error) => {
    left.add(name);
    leads.delete(name);
    lastError = error;
  };

  return {
    async choose(rangeBytes, signal) {
      for (let names = remaining(rangeBytes); names.length > 0; names = remaining(rangeBytes)) {
        const name = standings.choose(names, rangeBytes);
        const source = sources.find((candidate) => candidate.name === name);
        if (source === undefined) break;
        const lead = await leadOf(source, signal);
        if (lead !== undefined) return lead;
        left.add(name);
      }
      throw lastError ?? new ModelFetchError('FILE_NOT_FOUND', `No source has ${path}.`);
    },
    hasOther: (name) => sources.some((source) => source.name !== name && isGood(source.name)),
    quickestOther(name, rangeBytes) {
      const others = sources.flatMap(({ name: other }) => {
        const ms = other === name || !isGood(other) ? undefined : standings.expectMs(other, rangeBytes);
        return ms === undefined ? [] : [{ name: other, ms }];
      });
      return others.toSorted((a, b) => a.ms - b.ms)[0];
    },
    hasLast: (name) => sources.some((source) => source.name !== name && !left.has(source.name)),
    leave,
    doubt: (name) => doubted.add(name),
    renew: () => leads.clear(),
  };
}
