// What the file system says, as the errors that people are told.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { aborted, ModelFetchError } from '../../src/core/errors.ts';
import { diskError, errnoOf, ifPresent, onDisk } from '../../src/disk/io-error.ts';

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

describe('ifPresent', () => {
  it('gives undefined for a missing file and fails for anything else', async () => {
    expect(await ifPresent(readFile('/not/there'))).toBeUndefined();
    expect(await ifPresent(readFile(`${process.execPath}/below`))).toBeUndefined();
    await expect(ifPresent(readFile('/'))).rejects.toSatisfy((error) => errnoOf(error) === 'EISDIR');
  });
});
