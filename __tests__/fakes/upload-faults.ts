// The one table of what can go wrong with a release. A bug in publishing begins as a new row here: in the room of its kind below
// `faults/upload/`, or, when no request is to blame, among the circumstances.

import type { Circumstance } from './faults/fault.ts';
import { UPLOAD_ACCESS } from './faults/upload/access.ts';
import { UPLOAD_ANSWERS } from './faults/upload/answer.ts';
import { UPLOAD_CIRCUMSTANCES } from './faults/upload/circumstance.ts';
import { UPLOAD_COMMIT } from './faults/upload/commit.ts';
import { UPLOAD_CONNECTION } from './faults/upload/connection.ts';
import { UPLOAD_STATUS } from './faults/upload/status.ts';
import type { StepFault } from './steps/step.ts';

export { intruder } from './faults/upload/commit.ts';
export { lostAnswer, resetDuring } from './faults/upload/connection.ts';
export { hubsOf, KILL_POINTS, type KillPoint, killAt, RELEASE_STEPS } from './faults/upload/steps.ts';
export type { HubName, StepContext, StepFault, Strike, When } from './steps/step.ts';

/** The rows that a plan can put in front of the steps of a release; names are unique. */
export const STEP_FAULTS: readonly StepFault[] = [
  ...UPLOAD_CONNECTION,
  ...UPLOAD_STATUS,
  ...UPLOAD_ACCESS,
  ...UPLOAD_COMMIT,
  ...UPLOAD_ANSWERS,
];

/** Every row, once. */
export const UPLOAD_FAULTS: readonly (StepFault | Circumstance)[] = [...STEP_FAULTS, ...UPLOAD_CIRCUMSTANCES];
