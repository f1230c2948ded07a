// What the main step hands on to the post step: what to save, as soon as that is known, so that it is saved even if this step is cancelled;
// and in the end what the cache has cost and said by then. Writes it down, and decides nothing.

import path from 'node:path';
import type { Allowance } from '../core/cache/allowance.ts';
import type { CachePart } from '../core/cache/key.ts';
import type { CacheTrouble } from '../core/cache/warnings.ts';
import type { RunnerCache } from '../core/ports.ts';
import { writeJson } from '../disk/json-file.ts';
import { saveState } from '../host/actions.ts';
import { formatPostState } from './post-state.ts';

export interface HandOnSetting {
  /** Where it is written, and a name that no other run has. */
  readonly state: string;
  readonly run: string;
  readonly store: string | null;
  readonly allowance: Allowance;
  readonly told: ReadonlySet<CacheTrouble>;
  /** Undefined until it is open, and where there is none. */
  cache(): RunnerCache | undefined;
}

export interface HandOn {
  note(parts: readonly CachePart[]): Promise<void>;
  /** Once nothing more happens in this step. */
  finish(): Promise<void>;
}

export function createHandOn({ state, run, store, allowance, told, cache }: HandOnSetting): HandOn {
  let noted: readonly CachePart[] | undefined;
  const write = async (name: string, parts: readonly CachePart[]) => {
    const file = path.join(state, name);
    const { json, seal } = formatPostState({ store, parts, spentMs: allowance.spentMs, told: [...told] });
    await writeJson(file, json);
    saveState({ file, seal });
  };
  return {
    async note(parts) {
      if (cache()?.writable !== true) return;
      noted = parts;
      await write(`post-${run}.json`, parts);
    },
    async finish() {
      if (noted === undefined || (allowance.spentMs === 0 && told.size === 0)) return;
      // Where it cannot be written, post has what was noted before, and how the step ended is not for this to say.
      await write(`post-${run}-end.json`, cache()?.writable === true ? noted : []).catch(() => undefined);
    },
  };
}
