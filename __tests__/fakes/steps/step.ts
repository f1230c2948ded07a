// What a row of the table of upload faults is, and small words to make rows with. Holds no row and sends nothing.

import type { Expected } from '../faults/fault.ts';
import type { Repository } from '../repository.ts';
import type { Canned, Exchange, Step } from '../server.ts';

export type HubName = 'modelscope' | 'huggingface';

/** Before the request is read, after some bytes of its body, or after what it asked for was done: the answer is lost. */
export type When = 'before' | 'during' | 'after';

/** A request for a step of a release, as a fault sees it. */
export interface StepContext {
  readonly hub: HubName;
  readonly step: Step;
  readonly subject: string;
  /** As it was sent. */
  readonly token: string | undefined;
  /** Undefined before it is made, and where blobs are stored. */
  readonly repository: Repository | undefined;
  readonly exchange: Exchange;
  /** Present where links lead: every link made so far is refused from now on. */
  expireLinks?(): void;
}

/** What becomes of the request: its connection breaks, closes, falls silent or takes its body in drops; it is answered with something
 * else; or it goes on. */
export type Strike = 'reset' | 'hangup' | 'silence' | 'drops' | 'go on' | Canned;

/** Something wrong with a step. A request that is struck before or during changes nothing. */
export interface StepFault {
  readonly name: string;
  /** How often it strikes unless the test says otherwise. */
  readonly times: number;
  /** What a good client makes of it: the release, or an error of this code and the old state. */
  readonly expect: Expected;
  readonly steps: readonly Step[];
  /** Those that have such a step unless said otherwise. */
  readonly hubs?: readonly HubName[];
  readonly when: When;
  /** For `during`: bytes of the body that are taken in; half of it unless given. */
  readonly atBytes?: number;
  /** It shows only with bodies that are larger than the buffers between client and host. */
  readonly needsLongBody?: boolean;
  /** The client gets over it only by its own limits of time. */
  readonly needsTimeout?: boolean;
  /** What the host asks for, and the client is to wait altogether at the least. */
  readonly waitMs?: number;
  /** Waits until a commit was made through the hub. */
  readonly afterCommit?: boolean;
  /** Ends when a request brings another token than the first that it struck. */
  readonly untilAnotherToken?: boolean;
  /** @param answer what would be sent, where the step has taken effect */
  strike(context: StepContext, answer?: Canned): Strike | Promise<Strike>;
}

/** A row that strikes once and is got over. */
export function strikesOnce(
  name: string,
  fault: Pick<StepFault, 'steps' | 'when' | 'strike'> & Partial<StepFault>,
): StepFault {
  return { name, times: 1, expect: 'recovers', ...fault };
}

/** A row that strikes before the request is read, with the same answer each time. */
export function refuses(name: string, fault: Pick<StepFault, 'steps'> & Partial<StepFault>, answer: Canned): StepFault {
  return strikesOnce(name, { when: 'before', strike: () => answer, ...fault });
}

/** The row, striking without end. */
export function withoutEnd(fault: StepFault, expect: Expected): StepFault {
  return { ...fault, name: `${fault.name}, for ever`, times: Number.POSITIVE_INFINITY, expect };
}
