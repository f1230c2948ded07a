// What the file system says, as the errors that people are told.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { describe, expect, it } from 'vitest';
import { aborted, ModelFetchError } from '../../src/core/errors.ts';
import { diskError, errnoOf, ifPresent, onDisk } from '../../src/disk/io-error.ts';
import { untilFresh } from '../../src/disk/stale.ts';

/** As Node tells it, which has no name for this error. */
const staleError = () => {
  const errno = -constants.errno.ESTALE;
  return Object.assign(new Error(), { code: `Unknown system error ${errno}`, errno, syscall: 'read' });
};
const systemError = (code: string) => Object.assign(new Error(code), { code, errno: -1, syscall: 'write' });

describe('diskError', () => {
  it.each([
    ['ENOSPC', 'DISK_FULL'],
    ['EDQUOT', 'DISK_FULL'],
    ['EACCES', 'DISK_IO'],
    ['EIO', 'DISK_IO'],
    ['EROFS', 'DISK_IO'],
    ['ENOENT', 'DISK_IO'],
    ['EWHATEVER', 'DISK_IO'],
  ])('makes %s %s, with the path, a hint and the cause', (errno, code) => {
    const cause = systemError(errno);
    const error = diskError(cause, '/models/a b.bin');
    expect(error).toBeInstanceOf(ModelFetchError);
    expect(error).toMatchObject({ code, cause, hint: expect.stringMatching(/\.$/) });
    expect(String(error)).toContain('/models/a b.bin');
  });

  it('leaves bugs and our own errors as they are', () => {
    for (const error of [new TypeError('bug'), aborted(), 'text', undefined])
      expect(diskError(error, '/a')).toBe(error);
  });

  it.runIf(existsSync('/dev/full'))('reads a disk that is really full', async () => {
    await expect(onDisk('/dev/full', () => writeFile('/dev/full', 'x'))).rejects.toMatchObject({ code: 'DISK_FULL' });
  });
});

describe('what was replaced on a network disk', () => {
  it('has a name and a hint, and does not count as not there', async () => {
    expect(errnoOf(staleError())).toBe('ESTALE');
    expect(diskError(staleError(), '/a')).toMatchObject({ code: 'DISK_IO', hint: expect.stringMatching(/run again/) });
    await expect(ifPresent(Promise.reject(staleError()))).rejects.toMatchObject({ errno: -constants.errno.ESTALE });
  });

  it.each([
    [0, 1],
    [2, 3],
  ])('is looked at once more (after %d failures)', async (failures, asked) => {
    let tried = 0;
    const work = async () => {
      tried += 1;
      if (tried <= failures) throw staleError();
      return tried;
    };
    expect(await untilFresh(work)).toBe(asked);
  });

  it('is given up when it goes on, and other errors at once', async () => {
    for (const [error, asked] of [
      [staleError(), 3],
      [systemError('EIO'), 1],
    ] as const) {
      let tried = 0;
      const work = () => {
        tried += 1;
        return Promise.reject(error);
      };
      await expect(untilFresh(work)).rejects.toBe(error);
      expect(tried).toBe(asked);
    }
  });
});

describe('ifPresent', () => {
  it('gives undefined for a missing file and fails for anything else', async () => {
    expect(await ifPresent(readFile('/not/there'))).toBeUndefined();
    expect(await ifPresent(readFile(`${process.execPath}/below`))).toBeUndefined();
    await expect(ifPresent(readFile('/'))).rejects.toSatisfy((error) => errnoOf(error) === 'EISDIR');
  });
});
