// What differs between systems: the one place that asks which system this is. Decides; writes nothing.

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, uptime } from 'node:os';
import { posix, win32 } from 'node:path';
import { errnoOf } from './io-error.ts';

export interface Platform {
  /** The mode of a blob; undefined where tools cannot delete a read-only file. */
  readonly blobMode: number | undefined;
  /** The mode of a file that is a copy for the user to change. */
  readonly copyMode: number;
  /** Errors that pass when another program (a virus scanner, an indexer) lets go of the file. */
  readonly passingErrors: ReadonlySet<string>;
  /** The kinds of file systems, by the numbers of statfs(2), that wait for nothing but this machine. Undefined where no kinds are told,
   * and the real path of a folder names the machine that it is on. */
  readonly nearKinds: ReadonlySet<number> | undefined;
  /** Whether the system refuses a path of this length. */
  isTooLong(path: string): boolean;
}

/** Of Linux: ext, XFS, Btrfs, ZFS, F2FS, bcachefs, overlay, tmpfs. Those that are not here, such as NFS, SMB, FUSE, 9P and Ceph, may wait
 * for others. */
const LINUX_KINDS = [0xef53, 0x58465342, 0x9123683e, 0x2fc12fc1, 0xf2f52010, 0xca451a4e, 0x794c7630, 0x01021994];
/** Of macOS: APFS. Kinds are numbered as they are loaded, and the one that the system starts from is the first. */
const MACOS_KINDS = [26];

/** The decisions for any system, so that each can be tested on every other. */
export function platformOf(name: NodeJS.Platform): Platform {
  const isWindows = name === 'win32';
  return {
    blobMode: isWindows ? undefined : 0o444,
    copyMode: 0o644,
    passingErrors: new Set(isWindows ? ['EPERM', 'EACCES', 'EBUSY'] : []),
    nearKinds: isWindows ? undefined : new Set(name === 'linux' ? LINUX_KINDS : name === 'darwin' ? MACOS_KINDS : []),
    isTooLong: isWindows ? isTooLongForWindows : (path) => isTooLongForPosix(path, name === 'darwin' ? 1023 : 4095),
  };
}

/** The system we run on. */
export const platform = platformOf(process.platform);

// Node asks Windows with the prefix that lifts the old limit of 260, so the limits are those of NTFS.
function isTooLongForWindows(path: string): boolean {
  return win32.normalize(path).length > 32_700 || path.split(/[\\/]/).some((name) => name.length > 255);
}

function isTooLongForPosix(path: string, limitBytes: number): boolean {
  const isLongName = (name: string) => Buffer.byteLength(name) > 255;
  return Buffer.byteLength(posix.normalize(path)) > limitBytes || path.split('/').some(isLongName);
}

/** Whether a process of this machine is running. One that belongs to another user is. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

/** The system reads a file to tell how long it has run. */
const ASK_AGAIN_MS = 1000;
let uptimeMs = 0;
let askedMs = Number.NEGATIVE_INFINITY;

/** When the system was started, in milliseconds since 1970; good to some seconds. */
export function bootMs(): number {
  const nowMs = performance.now();
  if (nowMs - askedMs > ASK_AGAIN_MS) [uptimeMs, askedMs] = [uptime() * 1000, nowMs];
  return Date.now() - uptimeMs - (nowMs - askedMs);
}

let boot: string | undefined;

/** Names this run of the system: what was written and not flushed is there as long as it lasts, and perhaps not after it. */
export function bootId(): string {
  boot ??= readBootId() ?? `${hostId()}-${Math.round(bootMs() / 10_000)}`;
  return boot;
}

function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    // Only Linux tells; elsewhere the time of the start has to do, and a clock that was set costs a hash.
    return undefined;
  }
}

let host: string | undefined;

/** Names the set of processes that `isAlive` can see: the machine since its start, and the container where there is one. 12 hex
 * digits. Machines that share a store may well have one name, and the first namespace of every Linux has one number. */
export function hostId(): string {
  host ??= nameHost();
  return host;
}

function nameHost(): string {
  const parts = [hostname(), readBootId() ?? '', processNamespace()];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Only Linux has such namespaces.
    return '';
  }
}
