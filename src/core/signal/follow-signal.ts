// Something that may end sooner than the run, and ends with it. Knows nothing of what it is.

export interface Following {
  readonly control: AbortController;
  /** To be called when it is over. */
  release(): void;
}

/** A controller that is aborted with the signal. For what happens to every file: a signal made by `AbortSignal.any` stays with its
 * sources until garbage is collected. */
export function followSignal(signal: AbortSignal): Following {
  const control = new AbortController();
  const follow = () => control.abort(signal.reason);
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return { control, release: () => signal.removeEventListener('abort', follow) };
}
