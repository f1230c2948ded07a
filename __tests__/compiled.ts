// What a process that a test starts needs to go on from what Node compiled before. Not a test.

const folder = process.env['NODE_COMPILE_CACHE'];

/** For the environment of a program that stays where it is; a copy would be compiled anew, and kept for nobody. */
export const COMPILED: Readonly<Record<string, string>> = folder === undefined ? {} : { NODE_COMPILE_CACHE: folder };
