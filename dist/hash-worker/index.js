import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
var __webpack_exports__ = {};

;// CONCATENATED MODULE: external "node:worker_threads"
const external_node_worker_threads_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");
;// CONCATENATED MODULE: ./build/core/errors.js
// The one error class, and the one table of its codes: family, exit code, meaning. Bugs stay plain `Error`.
/** Families decide the exit code of the command and, with core/retry.ts, whether another try makes sense. */
const FAMILIES = {
    usage: { exit: 2, meaning: 'What was asked for cannot be done as it was asked; no file was moved.' },
    hub: { exit: 3, meaning: 'A hub answered and said no.' },
    network: { exit: 4, meaning: 'A host could not be reached or did not keep up; tried again before giving up.' },
    integrity: { exit: 5, meaning: 'Bytes arrived, and they are not the bytes that the hub promised.' },
    disk: { exit: 6, meaning: 'This machine cannot hold or write the files.' },
    cancelled: { exit: 130, meaning: 'The run was stopped from outside; what arrived is kept for the next one.' },
    cache: { exit: 0, meaning: 'The runner cache failed. Never fails a run: a warning.' },
};
/** Every code, once. docs/errors.md is made from this table. */
const CODES = {
    BAD_OPTION: {
        family: 'usage',
        meaning: 'An option has a value that it cannot take, or options contradict each other.',
    },
    BAD_REF: { family: 'usage', meaning: 'A model reference cannot be read.' },
    UNKNOWN_HUB: { family: 'usage', meaning: 'A reference names a hub that is not known.' },
    NOT_BUILT: { family: 'usage', meaning: 'The mode is planned and not built yet.' },
    NO_MATCH: { family: 'usage', meaning: 'The filters leave no file of the repository.' },
    UNSAFE_PATH: { family: 'usage', meaning: 'A listing names a file that must not or cannot be written as asked.' },
    NOT_FOUND: { family: 'hub', meaning: 'The hub has no such repository, or hides it from this token.' },
    REVISION_NOT_FOUND: { family: 'hub', meaning: 'The repository has no such branch, tag, commit or matching version.' },
    FILE_NOT_FOUND: { family: 'hub', meaning: 'The hub listed a file and then did not have it.' },
    AUTH_REQUIRED: { family: 'hub', meaning: 'The hub wants a token and none was given.' },
    FORBIDDEN: { family: 'hub', meaning: 'The token is not accepted, or has no access to this repository.' },
    HUB_PROTOCOL: { family: 'hub', meaning: 'The endpoint does not answer like this hub; often a web page or a proxy.' },
    NETWORK: { family: 'network', meaning: 'A connection could not be made or broke off.' },
    TIMEOUT: { family: 'network', meaning: 'A host did not answer in time.' },
    STALLED: { family: 'network', meaning: 'A host stopped sending in the middle of a file.' },
    RATE_LIMITED: { family: 'network', meaning: 'A host asked for fewer requests, for longer than the retries allow.' },
    SERVER: { family: 'network', meaning: 'A host failed with a server error.' },
    LINK_EXPIRED: { family: 'network', meaning: 'A signed download link was refused, also after it was made anew.' },
    SIZE_MISMATCH: { family: 'integrity', meaning: 'A file is longer or shorter than the listing says.' },
    DIGEST_MISMATCH: { family: 'integrity', meaning: 'The digest of a file is not the one in the listing.' },
    UNVERIFIABLE: { family: 'integrity', meaning: 'The listing gives no digest for a file, so nothing could prove it.' },
    INCOMPLETE: { family: 'integrity', meaning: 'Some files of the snapshot could not be had; each is named.' },
    DISK_FULL: { family: 'disk', meaning: 'The files do not fit on the disk.' },
    DISK_IO: { family: 'disk', meaning: 'A folder or file cannot be read or written.' },
    ABORTED: { family: 'cancelled', meaning: 'The run was cancelled.' },
    CACHE_RESTORE: { family: 'cache', meaning: 'The runner cache could not be read.' },
    CACHE_SAVE: { family: 'cache', meaning: 'The runner cache could not be written.' },
};
/** `message` says what happened to which file from which host; `hint` what to do next. Callers branch on `code` only. */
class ModelFetchError extends Error {
    name = 'ModelFetchError';
    code;
    hint;
    waitMs;
    constructor(code, message, detail = {}) {
        super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
        this.code = code;
        this.hint = detail.hint;
        this.waitMs = detail.waitMs;
    }
}
function familyOf(code) {
    return CODES[code].family;
}
/** The exit code of a command that ended with this error; 1 for a bug. */
function exitCodeOf(error) {
    return error instanceof ModelFetchError ? FAMILIES[familyOf(error.code)].exit : 1;
}
/** The code of a typed error, or undefined for anything else. */
function codeOf(error) {
    return error instanceof ModelFetchError ? error.code : undefined;
}
/** The error that stands for a cancelled run. */
function aborted() {
    return new ModelFetchError('ABORTED', 'The run was cancelled.', {
        hint: 'Run the same command again: what arrived so far is kept.',
    });
}

;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:crypto"
const external_node_crypto_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:crypto");
;// CONCATENATED MODULE: ./build/core/digest.js
// Digests as text: `sha256:<hex>` or `git-sha1:<hex>`. Recomputable from the bytes alone, so an ETag is never one.

const ALGORITHMS = (/* unused pure expression or super */ null && (['sha256', 'git-sha1']));
const HEX_LENGTH = { sha256: 64, 'git-sha1': 40 };
/** A digest from the hub's text, lower-cased; undefined when it is not hex of the right length. */
function toDigest(algorithm, hex) {
    if (typeof hex !== 'string' || hex.length !== HEX_LENGTH[algorithm] || !/^[0-9a-f]+$/i.test(hex))
        return undefined;
    return `${algorithm}:${hex.toLowerCase()}`;
}
function algorithmOf(digest) {
    return digest.slice(0, digest.indexOf(':'));
}
function hexOf(digest) {
    return digest.slice(digest.indexOf(':') + 1);
}
/** A running digest. git's blob id hashes a header with the length first, so the size must be known beforehand. */
function createDigester(algorithm, sizeBytes) {
    if (algorithm === 'sha256')
        return (0,external_node_crypto_namespaceObject.createHash)('sha256');
    return (0,external_node_crypto_namespaceObject.createHash)('sha1').update(`blob ${sizeBytes}\0`);
}
/** The digest of bytes that are in memory. */
function digestOf(algorithm, bytes) {
    const buffer = Buffer.from(bytes);
    return `${algorithm}:${createDigester(algorithm, buffer.length).update(buffer).digest('hex')}`;
}

;// CONCATENATED MODULE: ./build/disk/io-error.js
// Turns what the file system says into the two errors of the disk family. Decides nothing about what to do next.

const FULL = new Set(['ENOSPC', 'EDQUOT']);
const HINTS = {
    ENOSPC: 'Free some space, or choose a folder on a larger disk.',
    EDQUOT: 'The quota of this user is used up: free some space, or choose another folder.',
    EACCES: 'Check who owns the folder and whether this user may write there.',
    EPERM: 'Check who owns the folder and whether this user may write there.',
    EROFS: 'The file system is read-only: choose another folder.',
    EISDIR: 'A folder lies where a file belongs: move it away.',
    ENOTDIR: 'A file lies where a folder belongs: move it away.',
    EEXIST: 'Something else lies in the way: move it away.',
    ENOTEMPTY: 'Something else lies in the way: move it away.',
    EMFILE: 'Raise the limit of open files (`ulimit -n`).',
    EIO: 'The disk reports a defect: check it.',
};
/** The code of a system error, `ENOENT` for example; undefined for anything else. */
function errnoOf(error) {
    if (!(error instanceof Error) || !('code' in error) || !('errno' in error))
        return undefined;
    return typeof error.code === 'string' ? error.code : undefined;
}
/** DISK_FULL or DISK_IO for a system error, naming the path; anything else comes back as it is. */
function diskError(error, path) {
    const errno = errnoOf(error);
    if (errno === undefined)
        return error;
    const hint = HINTS[errno] ?? 'Check the folder and its disk, or choose another one.';
    if (FULL.has(errno))
        return new ModelFetchError('DISK_FULL', `No space is left to write "${path}" (${errno}).`, { hint, cause: error });
    return new ModelFetchError('DISK_IO', `"${path}" cannot be read or written (${errno}).`, { hint, cause: error });
}
/** Runs work on a path. @throws DISK_FULL, DISK_IO for a system error. */
async function onDisk(path, work) {
    try {
        return await work();
    }
    catch (error) {
        throw diskError(error, path);
    }
}
/** What the work gives, or undefined when the file is not there. */
async function ifPresent(work) {
    try {
        return await work;
    }
    catch (error) {
        if (isAbsent(error))
            return undefined;
        throw error;
    }
}
/** Whether an error says that there is no such file. */
function isAbsent(error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' || errno === 'ENOTDIR';
}

;// CONCATENATED MODULE: ./build/disk/hash-file.js
// The hashing loop: reads a file from its start, as far as it may, into all wanted digests. Blocks its thread; meant for a
// worker, or for small files.




/** @param buffer what is read goes through it; its length is the length of one read. @throws DISK_IO */
function openFileHash(task, buffer) {
    const digesters = task.algorithms.map((algorithm) => [
        algorithm,
        createDigester(algorithm, task.sizeBytes),
    ]);
    let file = onFile(task.path, () => (0,external_node_fs_namespaceObject.openSync)(task.path, 'r'));
    let hashedBytes = 0;
    const close = () => {
        if (file !== undefined)
            (0,external_node_fs_namespaceObject.closeSync)(file);
        file = undefined;
    };
    return {
        get hashedBytes() {
            return hashedBytes;
        },
        advance(toBytes) {
            while (hashedBytes < toBytes) {
                const chunk = readChunk(task.path, file, buffer.subarray(0, toBytes - hashedBytes), hashedBytes);
                for (const [, digester] of digesters)
                    digester.update(chunk);
                hashedBytes += chunk.length;
            }
        },
        digests() {
            close();
            return digesters.map(([algorithm, digester]) => `${algorithm}:${digester.digest('hex')}`);
        },
        close,
    };
}
function readChunk(path, file, buffer, offsetBytes) {
    if (file === undefined)
        throw new Error('this hash has ended');
    const bytes = onFile(path, () => (0,external_node_fs_namespaceObject.readSync)(file, buffer, 0, buffer.length, offsetBytes));
    if (bytes > 0)
        return buffer.subarray(0, bytes);
    throw new ModelFetchError('DISK_IO', `"${path}" ends at ${offsetBytes} bytes, earlier than it should.`, {
        hint: 'Something else changed the file while it was read; run again.',
    });
}
function onFile(path, work) {
    try {
        return work();
    }
    catch (error) {
        throw diskError(error, path);
    }
}

;// CONCATENATED MODULE: ./build/disk/hash-worker-loop.js
// What a hashing thread does: serves many files a slice at a time, so that a long one does not keep the others waiting.


const READ_BYTES = 2 * 1024 * 1024;
const SLICE_BYTES = 16 * 1024 * 1024;
/** Answers the requests that come through the port until the thread is ended. */
function serveHashing(port) {
    const jobs = new Map();
    const buffer = new Uint8Array(READ_BYTES);
    const say = (reply) => port.postMessage(reply);
    let isRunning = false;
    const attempt = (id, work) => {
        try {
            work();
        }
        catch (error) {
            jobs.get(id)?.hash.close();
            jobs.delete(id);
            say({ type: 'failed', id, ...describe(error) });
        }
    };
    // Between two rounds the thread hears what was said in the meantime.
    const round = () => {
        for (const [id, job] of jobs)
            attempt(id, () => slice(id, job, say));
        for (const [id, job] of jobs)
            if (job.isFinishing && !isBehind(job))
                attempt(id, () => finish(id, job));
        isRunning = [...jobs.values()].some(isBehind);
        if (isRunning)
            setImmediate(round);
    };
    const finish = (id, job) => {
        if (job.hash.hashedBytes !== job.sizeBytes)
            throw new Error('a file was to be finished before all of it was there');
        jobs.delete(id);
        say({ type: 'digests', id, digests: job.hash.digests() });
    };
    port.on('message', (request) => {
        attempt(request.id, () => take(jobs, request, buffer));
        if (!isRunning)
            round();
    });
}
function take(jobs, request, buffer) {
    const job = jobs.get(request.id);
    if (request.type === 'open') {
        jobs.set(request.id, {
            hash: openFileHash(request, buffer),
            sizeBytes: request.sizeBytes,
            toBytes: 0,
            isFinishing: false,
        });
    }
    else if (job === undefined) {
        // It failed, which was said already.
    }
    else if (request.type === 'advance') {
        job.toBytes = Math.max(job.toBytes, request.toBytes);
    }
    else if (request.type === 'finish') {
        job.isFinishing = true;
    }
    else {
        job.hash.close();
        jobs.delete(request.id);
    }
}
function slice(id, job, say) {
    if (!isBehind(job))
        return;
    job.hash.advance(Math.min(job.toBytes, job.hash.hashedBytes + SLICE_BYTES));
    if (!isBehind(job))
        say({ type: 'reached', id });
}
function isBehind(job) {
    return job.hash.hashedBytes < job.toBytes;
}
function describe(error) {
    if (!(error instanceof ModelFetchError))
        return { message: String(error) };
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

;// CONCATENATED MODULE: ./build/entry/hash-worker.js
// The program of a hashing thread. Hashes, and nothing else.


if (external_node_worker_threads_namespaceObject.parentPort === null)
    throw new Error('this program runs as a thread only');
serveHashing(external_node_worker_threads_namespaceObject.parentPort);

