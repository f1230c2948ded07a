// Puts rows of the table in front of answers: which row, how often, for which file. Knows no row.

import type { Answer, AnswerContext } from '../file-answer.ts';
import { type Fault, placesOf } from './fault.ts';

export interface FaultPlan {
  /** @param options.path the file it strikes, any if absent; `times` overrides the row's own */
  add(fault: Fault, options?: { path?: string | RegExp; times?: number }): void;
  /** The fault for the next answer, counted as struck. */
  next(answer: Answer, context: AnswerContext): Fault | undefined;
  /** The answer as it is to be sent: the same one when no fault strikes. */
  apply(answer: Answer, context: AnswerContext): Answer;
  /** What struck so far, in order. */
  readonly struck: readonly { readonly name: string; readonly path: string }[];
  /** Lets stalled answers go on. */
  release(): void;
  clear(): void;
}

export function createFaultPlan(): FaultPlan {
  const rows: { fault: Fault; path: string | RegExp | undefined; left: number }[] = [];
  const struck: { name: string; path: string }[] = [];
  let gate = Promise.withResolvers<void>();
  const plan: FaultPlan = {
    struck,
    add: (fault, { path, times = fault.times } = {}) => rows.push({ fault, path, left: times }),
    next(answer, context) {
      const row = rows.find(
        ({ fault, path, left }) => left > 0 && isPath(path, context.path) && canStrike(fault, answer, context),
      );
      if (row === undefined) return undefined;
      row.left -= 1;
      struck.push({ name: row.fault.name, path: context.path });
      return row.fault;
    },
    apply: (answer, context) => plan.next(answer, context)?.apply(answer, context, gate.promise) ?? answer,
    release() {
      gate.resolve();
      gate = Promise.withResolvers<void>();
    },
    clear() {
      rows.length = 0;
      struck.length = 0;
    },
  };
  return plan;
}

function canStrike(fault: Fault, answer: Answer, context: AnswerContext): boolean {
  return placesOf(fault).includes(context.place) && fault.applies?.(answer, context) !== false;
}

function isPath(wanted: string | RegExp | undefined, path: string): boolean {
  return wanted === undefined || (typeof wanted === 'string' ? wanted === path : wanted.test(path));
}
