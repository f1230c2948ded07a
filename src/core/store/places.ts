// Where stores may be: one that the user gave, our own, and those that others registered as tools of the runner. Names only.

/** Of the tool, as a runner's tool cache has it. */
export const TOOL_NAME = 'model-fetch';
/** As a tool's: the first number is the format of the store. */
export const TOOL_VERSION = '1.0.0';
/** The versions whose stores can be read. */
export const TOOL_VERSIONS = '1.x';

export interface StorePlaces {
  /** As the user said. A store there that may only be read is read, and what is new goes to the first candidate. */
  readonly given?: string;
  /** Our own: the first of them that can be written to. */
  readonly candidates: readonly [string, ...string[]];
  /** Where the runner keeps its tools, and for which architecture of them a store can be. */
  readonly tools?: { readonly folder: string; readonly arch: string };
}
