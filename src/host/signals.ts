// How a run is stopped from outside: the runner sends SIGINT, then SIGTERM 7.5 s later (github-actions.md 4.1).

/** Fires at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function onCancel(): AbortSignal {
  const controller = new AbortController();
  const cancel = () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  process.on('SIGINT', cancel);
  process.on('SIGTERM', cancel);
  return controller.signal;
}
