// @actions/cache tells failures only by writing log lines. While it works, its lines are read: failures go to one place, its noise
// nowhere. Everything else that is written meanwhile passes unchanged.

export interface Chatter {
  /** Runs the work with its lines caught. Calls may overlap. */
  during<T>(work: () => Promise<T>): Promise<T>;
  fail(message: string): void;
}

const FAILURE = /^::(?:warning|error)::(?:Failed to (?:restore|save): )?(.*)$/;
const NOISE =
  /^(?:Cache (?:hit|Size|restored)|Lookup only|Failed to save: Unable to reserve|Sent \d|Attempt \d|Received \d|\[command\])/;

type Write = typeof process.stdout.write;

/** @param onFailure told each failure, once for each line */
export function createChatter(onFailure: (message: string) => void): Chatter {
  let depth = 0;
  let original: Write | undefined;

  function listen(): void {
    depth += 1;
    if (depth > 1) return;
    const write: Write = process.stdout.write.bind(process.stdout);
    original = process.stdout.write;
    process.stdout.write = ((chunk: string | Uint8Array, ...rest: []) => {
      if (typeof chunk !== 'string') return write(chunk, ...rest);
      const lines = chunk.split('\n');
      const kept = lines.filter((line) => !isCaught(line.trimEnd()));
      return write(kept.length === lines.length ? chunk : kept.join('\n'), ...rest);
    }) as Write;
  }

  function isCaught(line: string): boolean {
    const failure = FAILURE.exec(line)?.[1];
    if (failure === undefined) return NOISE.test(line);
    onFailure(unescaped(failure));
    return true;
  }

  return {
    async during(work) {
      listen();
      try {
        return await work();
      } finally {
        depth -= 1;
        if (depth === 0 && original !== undefined) process.stdout.write = original;
      }
    },
    fail: onFailure,
  };
}

// As the runner's own commands escape their text.
function unescaped(text: string): string {
  return text.replaceAll('%0D', '').replaceAll('%0A', ' ').replaceAll('%25', '%');
}
