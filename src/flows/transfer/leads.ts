// The sources of one file: who is still in, where each keeps the bytes, and which one brings the next range.

import { codeOf, familyOf, ModelFetchError } from '../../core/errors.ts';
import type { Located, Source } from '../../core/ports.ts';
import type { Lead } from './move-range.ts';
import type { Standings } from './standings.ts';

export interface Leads {
  /** Asks every source where the bytes are; those that do not have the file are out. To be awaited before the rest. */
  locate(signal: AbortSignal): Promise<void>;
  /** The lead of the source that the next range should come from. Connections that get the same one share what they learn.
   * @throws what the last source failed with; FILE_NOT_FOUND */
  choose(rangeBytes: number): Lead;
  /** Whether another source is as good: nothing is known against it. */
  hasOther(name: string): boolean;
  /** Whether there is any other source at all that was not left for good. */
  hasLast(name: string): boolean;
  /** The source that would bring so many bytes soonest, and how long it should take; undefined while no other one was measured. */
  quickestOther(name: string, rangeBytes: number): { readonly name: string; readonly ms: number } | undefined;
  /** A range of this source will take so long. @returns whether the source is a cache that was asked alone and is too slow for that,
   * while nobody has tried another one; from now on it is not asked alone */
  lookAround(name: string, ownMs: number, rangeBytes: number): boolean;
  /** A source failed. It is asked when there is nobody else; and never again for this file, when it has failed before or when
   * another try makes no sense. */
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

/** A cache that takes longer for a range is held against the other sources, and so is one that takes so much longer than another
 * source that is known. */
const PATIENCE_MS = 2000;
const FACTOR = 3;
const MARGIN_MS = 250;

export function createLeads({ path, sources, standings, locate, toLead }: LeadsSetting): Leads {
  const left = new Set<string>();
  const doubted = new Set<string>();
  const located = new Map<string, { readonly source: Source; readonly located: Located }>();
  const leads = new Map<string, Lead>();
  let lastError: Error | undefined;
  let isSuspect = false;

  const here = () => [...located.keys()].filter((name) => !left.has(name));
  const isCache = (name: string) => located.get(name)?.source.kind === 'cache';
  // A cache that was not answering is no help by answering late.
  const isGood = (name: string) =>
    !doubted.has(name) && !standings.isOut(name) && !(isCache(name) && standings.isSilent(name));
  const quickestOther = (name: string, rangeBytes: number) => {
    const others = here().flatMap((other) => {
      const ms = other === name || !isGood(other) ? undefined : standings.expectMs(other, rangeBytes);
      return ms === undefined ? [] : [{ name: other, ms }];
    });
    return others.toSorted((a, b) => a.ms - b.ms)[0];
  };
  // What is near costs nobody a request to a hub, as long as it is quick.
  const isEnough = (name: string, rangeBytes: number) => {
    if (!isCache(name)) return false;
    const ownMs = standings.expectMs(name, rangeBytes) ?? 0;
    const other = quickestOther(name, rangeBytes);
    if (other === undefined) return !isSuspect && ownMs <= PATIENCE_MS;
    return ownMs <= Math.min(PATIENCE_MS, FACTOR * other.ms + MARGIN_MS);
  };
  const candidates = (rangeBytes: number): string[] => {
    const all = here();
    const good = all.filter(isGood);
    const undoubted = all.filter((name) => !doubted.has(name));
    // With nobody else left, one that failed may still have this file; what it sends is hashed like all the rest.
    const tiers = [good.filter((name) => isEnough(name, rangeBytes)), good, undoubted, all];
    return tiers.find((names) => names.length > 0) ?? [];
  };
  const leadOf = (name: string): Lead => {
    const known = leads.get(name);
    if (known !== undefined) return known;
    const place = located.get(name);
    if (place === undefined) throw new Error(`${name} was not located`);
    const lead = toLead(place.source, place.located);
    leads.set(name, lead);
    return lead;
  };
  const place = async (source: Source, signal: AbortSignal) => {
    try {
      const found = await locate(source, signal);
      if (found !== undefined) located.set(source.name, { source, located: found });
    } catch (error) {
      if (codeOf(error) === undefined || signal.aborted) throw error;
      lastError = error as Error;
    }
  };

  return {
    async locate(signal) {
      if (located.size === 0) for (const source of sources) await place(source, signal);
    },
    choose(rangeBytes) {
      const names = candidates(rangeBytes);
      if (names.length === 0) throw lastError ?? new ModelFetchError('FILE_NOT_FOUND', `No source has ${path}.`);
      return leadOf(standings.choose(names, rangeBytes));
    },
    hasOther: (name) => here().some((other) => other !== name && isGood(other)),
    hasLast: (name) => here().some((other) => other !== name),
    quickestOther,
    lookAround(name, ownMs, rangeBytes) {
      const isUntried = (other: string) => other !== name && isGood(other) && standings.isUntried(other, rangeBytes);
      if (isSuspect || !isCache(name) || ownMs <= PATIENCE_MS || !here().some(isUntried)) return false;
      isSuspect = true;
      return true;
    },
    leave(name, error) {
      lastError = error;
      leads.delete(name);
      if (doubted.has(name) || !mayPass(error)) left.add(name);
      else doubted.add(name);
    },
    doubt: (name) => void doubted.add(name),
    renew: () => leads.clear(),
  };
}

/** A failure of the moment, or of the way in which the bytes were asked for. */
function mayPass(error: Error): boolean {
  const code = codeOf(error);
  return code !== undefined && (familyOf(code) === 'network' || code === 'SIZE_MISMATCH');
}
