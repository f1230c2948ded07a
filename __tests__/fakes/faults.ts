// The one table of what can go wrong with a download. A bug in a download begins as a new row here: in the room of its kind below
// `faults/`, or, when no answer is to blame, among the circumstances.

import { WRONG_BYTES } from './faults/bytes.ts';
import { CIRCUMSTANCES } from './faults/circumstance.ts';
import { CONNECTION } from './faults/connection.ts';
import { type Fault, type Row, strikesAnswers } from './faults/fault.ts';
import { LINKS } from './faults/link.ts';
import { LISTING } from './faults/listing.ts';
import { WRONG_RANGE } from './faults/range.ts';
import { REFUSALS } from './faults/status.ts';
import { WIRE } from './faults/wire.ts';

export { extraBytes, flippedByte } from './faults/bytes.ts';
export { resetAfter, shortBody, stallAfter } from './faults/connection.ts';
export { type Circumstance, type Fault, placesOf, type Row, strikesAnswers } from './faults/fault.ts';
export { createFaultPlan, type FaultPlan } from './faults/plan.ts';
export { refusal } from './faults/status.ts';

/** Every row, once; names are unique. */
export const FAULTS: readonly Row[] = [
  ...CONNECTION,
  ...WRONG_BYTES,
  ...WRONG_RANGE,
  ...REFUSALS,
  ...LINKS,
  ...WIRE,
  ...LISTING,
  ...CIRCUMSTANCES,
];

/** The rows that a plan can put in front of answers. */
export const ANSWER_FAULTS: readonly Fault[] = FAULTS.filter(strikesAnswers);
