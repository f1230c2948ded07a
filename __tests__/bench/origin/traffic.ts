// What the origin sent, read from its log: one line an answer, `seconds port status bytes address`.

import { closeSync, openSync, readSync, statSync } from 'node:fs';

export interface Traffic {
  /** Bytes of files; listings and redirects are not counted. */
  readonly fileBytes: number;
  /** When the last answer with bytes of a file was handed to the kernel; milliseconds of the epoch. */
  readonly lastSentMs: number | undefined;
}

/** The end of the log as it is now. */
export function markOf(logFile: string): number {
  return statSync(logFile).size;
}

export function readTraffic(logFile: string, mark: number): Traffic {
  const lines = textAfter(logFile, mark).split('\n').filter(Boolean);
  const answers = lines.map((line) => line.split(' ')).filter(isFile);
  const times = answers.map(([seconds]) => Number(seconds) * 1000);
  return {
    fileBytes: answers.reduce((sum, [, , , bytes]) => sum + Number(bytes), 0),
    lastSentMs: times.reduce<number | undefined>((last, time) => Math.max(last ?? 0, time), undefined),
  };
}

function isFile([, , status, , address = '']: readonly string[]): boolean {
  return (status === '200' || status === '206') && !address.startsWith('/api/');
}

function textAfter(file: string, mark: number): string {
  const buffer = Buffer.alloc(statSync(file).size - mark);
  const descriptor = openSync(file, 'r');
  try {
    return buffer.toString('utf8', 0, readSync(descriptor, buffer, 0, buffer.length, mark));
  } finally {
    closeSync(descriptor);
  }
}
