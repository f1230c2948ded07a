// The ways into the origin: a pair of addresses each, the hub's and its CDN's, on different ports as they are on different hosts
// of a real hub. Data only.

/** What a pipe in front of a door does to each connection. */
export interface PipeRule {
  /** Bytes a second from the origin to the client. */
  readonly bytesPerSecond?: number;
  /** Added to every request, so that its first byte comes this much later. */
  readonly delayMs?: number;
  /** After this many bytes to the client the connection is reset. */
  readonly resetBytes?: number;
}

export interface DoorRow {
  readonly tls: boolean;
  /** Absent: clients talk to the origin itself. */
  readonly pipe?: PipeRule;
}

const MB = 1_000_000;
/** Shape B's limit. */
export const PACED_BYTES_PER_SECOND = 40 * MB;

export const DOORS = {
  plain: { tls: false },
  tls: { tls: true },
  paced: { tls: false, pipe: { bytesPerSecond: PACED_BYTES_PER_SECOND, delayMs: 20 } },
  slow: { tls: false, pipe: { bytesPerSecond: PACED_BYTES_PER_SECOND / 10, delayMs: 20 } },
  piped: { tls: false, pipe: {} },
  reset: { tls: false, pipe: { resetBytes: 64 * 1024 * 1024 } },
} as const satisfies Record<string, DoorRow>;

export type DoorName = keyof typeof DOORS;
export const DOOR_NAMES = Object.keys(DOORS) as DoorName[];

/** The row of a door, its fields as wide as the table allows. */
export function doorOf(name: DoorName): DoorRow {
  return DOORS[name];
}

/** A door that is open. Addresses have no slash at the end. */
export interface Door {
  readonly hubUrl: string;
  readonly cdnUrl: string;
}

/** Where the origin listens for a door, and where clients find the CDN that belongs to it. */
export interface Backend {
  readonly hubPort: number;
  readonly cdnPort: number;
  readonly tls: boolean;
  /** What redirects point to: the CDN's port, or that of the pipe in front of it. */
  readonly cdnUrl: string;
}
