// Collects what is to be offered to a hub, so that large contents begin to move at once and small ones cost few requests.

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
  sizeBytes(item: T): number;
  offer(items: readonly T[]): Promise<void>;
}

/** Worth an offer before all is known. */
const ENOUGH_BYTES = 8 * 1024 * 1024;

export function createDesk<T>({ most, sizeBytes, offer }: DeskSetting<T>, signal: AbortSignal): Desk<T> {
  const waiting: T[] = [];
  let isEnded = false;
  let bell = Promise.withResolvers<void>();
  const ring = () => {
    bell.resolve();
    bell = Promise.withResolvers<void>();
  };
  const isWorth = () =>
    isEnded || waiting.length >= most || waiting.reduce((sum, item) => sum + sizeBytes(item), 0) >= ENOUGH_BYTES;
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
        const batch = isWorth() ? waiting.splice(0, most) : [];
        if (batch.length > 0) await offer(batch);
        else if (isEnded) return;
        else await rung;
      }
    },
  };
}
