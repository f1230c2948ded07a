// Collects what is to be offered to a hub while an offer is under way, so that the first bytes move early and requests stay few.

export interface Desk<T> {
  add(item: T): void;
  /** Nothing more will come. */
  end(): void;
  /** Offers until everything was offered, or the signal fires. */
  run(): Promise<void>;
}

export interface DeskSetting<T> {
  /** The most that one offer holds. */
  readonly most: number;
  offer(items: readonly T[]): Promise<void>;
}

export function createDesk<T>({ most, offer }: DeskSetting<T>, signal: AbortSignal): Desk<T> {
  const waiting: T[] = [];
  let isEnded = false;
  let bell = Promise.withResolvers<void>();
  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  signal.addEventListener('abort', ring, { once: true });
  return {
    add(item) {
      waiting.push(item);
      ring();
    },
    end() {
      isEnded = true;
      ring();
    },
    async run() {
      while (!signal.aborted) {
        const rung = bell.promise;
        const batch = waiting.splice(0, most);
        if (batch.length > 0) await offer(batch);
        else if (isEnded) return;
        else await rung;
      }
    },
  };
}
