// How the hubs of a drawn run answer, where the real answer is not known or may be one of several.

import type { HuggingfaceUploadOptions } from '../../fakes/huggingface-hub.ts';
import type { Fakes } from '../../fakes/index.ts';
import type { ModelscopeUploadOptions } from '../../fakes/modelscope-hub.ts';

export interface Habits {
  readonly modelscope: Partial<ModelscopeUploadOptions>;
  readonly huggingface: Partial<HuggingfaceUploadOptions>;
}

export function drawHabits(random: () => number): Habits {
  const pick = <T>(...from: readonly [T, ...T[]]): T => from[Math.floor(random() * from.length)] ?? from[0];
  return {
    modelscope: {
      commitAnswer: pick('both', 'oid', 'commit', 'commit-id', 'none', 'null'),
      emptyCommit: pick('made', 'refused', 'head'),
      duplicateTag: pick('400', '200', 'kept'),
    },
    huggingface: {
      emptyCommit: pick('made', 'refused', 'head'),
      namesMerge: pick(true, false),
      mergesDrafts: pick(false, true),
      conflictStatus: pick(409, 412, 400),
      discussionsPage: pick(10, 2),
      verifyAction: pick(true, false),
    },
  };
}

/** Every run draws the same ones, so nothing is left of the one before. */
export function adopt({ modelscope, huggingface }: Fakes, habits: Habits): void {
  Object.assign(modelscope.options.upload, habits.modelscope);
  Object.assign(huggingface.options.upload, habits.huggingface);
}
