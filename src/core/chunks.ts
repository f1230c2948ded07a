// Bytes on their way from a disk to a host, a chunk at a time.

/** Each chunk keeps its bytes until the next but one is asked for; whoever needs them longer copies them. */
export type Chunks = AsyncIterable<Uint8Array>;
