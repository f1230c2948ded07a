// The two folders that @actions/cache takes its paths from: the working folder when it packs, and GITHUB_WORKSPACE when it unpacks. What
// makes two entries the same is the path as passed, so it must be short and the same everywhere.

export interface ScopedWork<T> {
  work(): Promise<T>;
  /** Whether it writes to the folder. */
  readonly lands: boolean;
}

/** Runs the work inside the folder. The process is back where it was when what `wait` returns is over; but where the work lands stays as
 * it is until it is over itself, so that it lands nowhere else when nobody waits for it any more. Calls may overlap. */
export type FolderScope = <T>(
  folder: string,
  work: ScopedWork<T>,
  wait: (lasting: Promise<T>) => Promise<T>,
) => Promise<T>;

export function createFolderScope(): FolderScope {
  const before = { cwd: process.cwd(), workspace: process.env['GITHUB_WORKSPACE'] };
  const enterCwd = createHold(() => process.chdir(before.cwd));
  const enterWorkspace = createHold(() => {
    if (before.workspace === undefined) delete process.env['GITHUB_WORKSPACE'];
    else process.env['GITHUB_WORKSPACE'] = before.workspace;
  });
  return async (folder, { work, lands }, wait) => {
    const leaveCwd = enterCwd();
    try {
      process.chdir(folder);
      const leaveWorkspace = enterWorkspace();
      process.env['GITHUB_WORKSPACE'] = folder;
      const lasting = work();
      const waited = wait(lasting);
      (lands ? lasting : waited).then(leaveWorkspace, leaveWorkspace);
      return await waited;
    } finally {
      leaveCwd();
    }
  };
}

/** @param release called when everyone who entered has left */
function createHold(release: () => void): () => () => void {
  let depth = 0;
  return () => {
    depth += 1;
    return () => {
      depth -= 1;
      if (depth === 0) release();
    };
  };
}
