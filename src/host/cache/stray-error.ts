// The package closes its archive while pieces of it may still be read, and throws what comes of that where nobody can catch it: it would
// end the step, long after everything is fetched and proved. Knows these errors by their words, and lets all others pass.

const STRAY = /^Cache upload failed because file read failed/;
const told = new Set<(error: Error) => void>();

/** Tells of such errors until what is returned is called. From the first time on they end no process, also when nobody is told: they come
 * after the call that they belong to. */
export function onStray(tell: (error: Error) => void): () => void {
  if (!process.listeners('uncaughtException').includes(listen)) process.on('uncaughtException', listen);
  told.add(tell);
  return () => void told.delete(tell);
}

// Whatever may be thrown gets here.
function listen(error: unknown): void {
  if (!(error instanceof Error && STRAY.test(error.message))) throw error;
  for (const tell of told) tell(error);
}
