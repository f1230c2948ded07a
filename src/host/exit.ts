// The end of a program: what was said is on its way through pipes first, then nothing that dangles may hold the caller.

/** Ends the process with `process.exitCode` once everything written has been handed over. */
export function exitWhenFlushed(): void {
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
}
