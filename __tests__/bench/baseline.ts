// What Node and our command cost when they do nothing, so that it can be told from what a download costs.

import { type Command, measure } from './measure.ts';
import { OUR_COMMAND } from './peers/ours.ts';

export interface Baseline {
  readonly nodeBytes: number;
  readonly programBytes: number;
}

export async function measureBaseline(folder: string, signal: AbortSignal): Promise<Baseline> {
  // Long enough to be sampled.
  const idle: Command = { argv: [process.execPath, '--eval', 'setTimeout(() => undefined, 500)'] };
  const version: Command = { argv: [process.execPath, OUR_COMMAND, '--version'] };
  const { peakBytes } = await measure(idle, folder, signal);
  const { readBytes } = await measure(version, folder, signal);
  return { nodeBytes: peakBytes, programBytes: readBytes };
}
