// Decisions for each system, tested on any.

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { ownerState, releaseOwner, takeOwner } from '../../src/disk/lease/owner.ts';
import { hostId, isAlive, platformOf } from '../../src/disk/platform.ts';

const gone = () => spawnSync(process.execPath, ['-e', '']).pid;

describe('platformOf', () => {
  it('makes blobs read-only but on Windows', () => {
    expect(platformOf('linux').blobMode).toBe(0o444);
    expect(platformOf('darwin').blobMode).toBe(0o444);
    expect(platformOf('win32').blobMode).toBeUndefined();
  });

  it('waits for other programs on Windows only', () => {
    expect([...platformOf('win32').passingErrors]).toContain('EPERM');
    expect(platformOf('linux').passingErrors.size).toBe(0);
  });

  it.each<[NodeJS.Platform, string, boolean]>([
    ['linux', `/a/${'b'.repeat(255)}`, false],
    ['linux', `/a/${'b'.repeat(256)}`, true],
    ['linux', `/a/${'模'.repeat(86)}`, true],
    ['linux', '/abc'.repeat(1024), true],
    ['darwin', '/abc'.repeat(255), false],
    ['darwin', '/abc'.repeat(256), true],
    ['win32', `C:\\a\\${'模'.repeat(255)}`, false],
    ['win32', `C:\\a\\${'b'.repeat(256)}`, true],
    ['win32', `C:${'\\abc'.repeat(1000)}`, false],
    ['win32', `C:${'\\abc'.repeat(9000)}`, true],
  ])('on %s, %.12s… is too long: %s', (name, path, expected) => {
    expect(platformOf(name).isTooLong(path)).toBe(expected);
  });
});

describe('owners', () => {
  it('are live while held, and dead after', () => {
    const owner = takeOwner();
    expect(ownerState(owner)).toBe('live');
    expect(ownerState(`stage-${owner}`)).toBe('live');
    releaseOwner(owner);
    expect(ownerState(owner)).toBe('dead');
  });

  it('are judged by their process on this machine, and not at all on another', () => {
    expect(ownerState(`${hostId()}-${process.ppid}-0123456789ab`)).toBe('live');
    expect(ownerState(`${hostId()}-${gone()}-0123456789ab`)).toBe('dead');
    expect(ownerState(`aaaaaaaaaaaa-${gone()}-0123456789ab`)).toBe('unknown');
    for (const name of ['', 'data', `${hostId()}-x-0123456789ab`]) expect(ownerState(name)).toBe('unknown');
  });
});

it('isAlive knows running processes, also of others, from ended ones', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(isAlive(1)).toBe(process.platform !== 'win32');
  expect(isAlive(gone())).toBe(false);
});
