// Puts faults and hooks in front of the steps of a release: which step, which time, and whether before, during or after it took
// effect. Knows no row and no hub.

import type { Repository } from '../repository.ts';
import { type Canned, type Exchange, type Step, send, sip } from '../server.ts';
import type { StepContext, StepFault, Strike, When } from './step.ts';

export interface StepAim {
  /** The steps it strikes, those of the row if absent. */
  readonly steps?: readonly Step[];
  readonly subject?: string | RegExp;
  /** Overrides the row's own. */
  readonly times?: number;
  /** Requests that it lets pass first. */
  readonly after?: number;
}

export type Act = (context: StepContext) => Strike | undefined | Promise<Strike | undefined>;

export interface StepPlan {
  add(fault: StepFault, aim?: StepAim): void;
  /** Calls `act` at one request for the step, the first unless `nth` (from 0) says otherwise; the request goes on unless `act`
   * says what becomes of it. */
  at(step: Step, when: When, act: Act, nth?: number): void;
  /** Answers a request for a step by way of `work`, and lets what is planned for it happen. */
  run(context: StepContext, work: () => Promise<void>): Promise<void>;
  /** What struck so far, in order. */
  readonly struck: readonly { readonly name: string; readonly step: Step; readonly subject: string }[];
  /** Ends silences. */
  release(): void;
  clear(): void;
}

interface Row {
  readonly fault: StepFault;
  readonly aim: StepAim;
  left: number;
  pass: number;
  /** Of the first request that it struck. */
  token?: string | undefined;
}

export function createStepPlan(): StepPlan {
  const rows: Row[] = [];
  const committed = new Set<Repository>();
  const struck: { name: string; step: Step; subject: string }[] = [];
  let gate = Promise.withResolvers<void>();
  const take = (when: When, context: StepContext): StepFault | undefined => {
    const isDue = ({ fault }: Row) =>
      fault.when === when &&
      (fault.afterCommit !== true || (context.repository !== undefined && committed.has(context.repository)));
    const row = rows.find((candidate) => isDue(candidate) && isMeant(candidate, context));
    if (row === undefined) return undefined;
    row.left -= 1;
    row.token ??= context.token;
    struck.push({ name: row.fault.name, step: context.step, subject: context.subject });
    return row.fault;
  };
  const carryOut = async (strike: Strike, { exchange }: StepContext): Promise<boolean> => {
    if (strike === 'go on') return false;
    if (strike === 'silence') await gate.promise;
    if (strike === 'drops') await sip(exchange.request);
    if (typeof strike === 'object') await send(exchange, strike);
    else if (strike === 'hangup') exchange.request.socket.end();
    else exchange.request.socket.resetAndDestroy();
    return true;
  };
  return {
    struck,
    add: (fault, aim = {}) => rows.push({ fault, aim, left: aim.times ?? fault.times, pass: aim.after ?? 0 }),
    at(step, when, act, nth = 0) {
      const strike = async (context: StepContext) => (await act(context)) ?? 'go on';
      const fault: StepFault = { name: `${when} ${step}`, times: 1, expect: 'recovers', steps: [step], when, strike };
      rows.push({ fault, aim: {}, left: 1, pass: nth });
    },
    async run(context, work) {
      const before = take('before', context);
      if (before !== undefined && (await carryOut(await before.strike(context), context))) return;
      const during = take('during', context);
      if (during !== undefined) {
        await takeIn(context.exchange, during.atBytes);
        const strike = await during.strike(context);
        await carryOut(strike === 'go on' ? 'reset' : strike, context);
        return;
      }
      loseAnswers(context, { take, carryOut });
      await work();
      const { step, repository, exchange } = context;
      if (step === 'commit' && repository !== undefined && exchange.log.applied) committed.add(repository);
    },
    release() {
      gate.resolve();
      gate = Promise.withResolvers<void>();
    },
    clear() {
      committed.clear();
      rows.length = 0;
      struck.length = 0;
    },
  };
}

function isMeant(row: Row, { hub, step, subject, token }: StepContext): boolean {
  const { fault, aim } = row;
  const wanted = aim.subject;
  const isHere = fault.hubs?.includes(hub) !== false && (aim.steps ?? fault.steps).includes(step);
  const isIt = wanted === undefined || (typeof wanted === 'string' ? wanted === subject : wanted.test(subject));
  if (row.left <= 0 || !isHere || !isIt) return false;
  if (fault.untilAnotherToken === true && row.token !== undefined && row.token !== token) return false;
  row.pass -= 1;
  return row.pass < 0;
}

async function takeIn({ incoming, log }: Exchange, atBytes: number | undefined): Promise<void> {
  const announced = Number(log.headers['content-length'] ?? 0);
  const enough = Math.min(atBytes ?? Math.ceil(announced / 2), announced);
  if (enough === 0) return;
  for await (const _chunk of incoming()) if (log.bytesReceived >= enough) return;
}

interface Striking {
  take(when: When, context: StepContext): StepFault | undefined;
  carryOut(strike: Strike, context: StepContext): Promise<boolean>;
}

// Refusals are no effect that an answer could be lost of.
function loseAnswers(context: StepContext, { take, carryOut }: Striking): void {
  const { exchange } = context;
  const others = exchange.spoil;
  exchange.spoil = async (canned: Canned) => {
    const after = canned.status < 400 ? take('after', context) : undefined;
    if (after !== undefined) {
      // What is sent in its place must not be asked about again.
      delete exchange.spoil;
      if (await carryOut(await after.strike(context, canned), context)) return true;
    }
    return (await others?.(canned)) ?? false;
  };
}
