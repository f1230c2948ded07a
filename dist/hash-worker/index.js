import { createRequire as __WEBPACK_EXTERNAL_createRequire } from "module";
var __webpack_exports__ = {};

;// CONCATENATED MODULE: external "node:worker_threads"
const external_node_worker_threads_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:worker_threads");
;// CONCATENATED MODULE: external "node:fs"
const external_node_fs_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:fs");
;// CONCATENATED MODULE: external "node:os"
const external_node_os_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:os");
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
    BAD_LOCK: { family: 'usage', meaning: 'A lock file is missing, cannot be read, or is no longer what was written.' },
    LOCK_MISMATCH: {
        family: 'usage',
        meaning: 'The lock file disagrees with what was asked for, or with what the hub has; each difference is named.',
    },
    OFFLINE: {
        family: 'usage',
        meaning: 'With `offline` something is wanted that is not on this machine; each thing is named.',
    },
    TOKEN_COMMAND: {
        family: 'usage',
        meaning: 'The program that `token` names could not be run, failed, took too long or wrote no token.',
    },
    NO_MATCH: { family: 'usage', meaning: 'The filters leave no file of the repository.' },
    UNSAFE_PATH: { family: 'usage', meaning: 'A listing names a file that must not or cannot be written as asked.' },
    EMPTY_FOLDER: {
        family: 'usage',
        meaning: 'The folder that is to be published is not there, or has no file at all.',
    },
    OUTSIDE_WORKSPACE: {
        family: 'usage',
        meaning: 'A symbolic link leads out of the workspace, so what lies there is not published.',
    },
    NAME_COLLISION: { family: 'usage', meaning: 'Two files would get one name in the repository.' },
    NAME_REFUSED: { family: 'usage', meaning: 'A file has a name that the hub, or some system, does not take.' },
    CHECK_FAILED: { family: 'usage', meaning: 'A check of the files before publishing found something; each is named.' },
    TOO_MANY_DELETES: { family: 'usage', meaning: 'More files would be deleted than `max-deletes` allows.' },
    TAG_CONFLICT: { family: 'usage', meaning: 'The tag is on another commit, and `move-tag` is not set.' },
    NOT_FOUND: { family: 'hub', meaning: 'The hub has no such repository, or hides it from this token.' },
    REVISION_NOT_FOUND: { family: 'hub', meaning: 'The repository has no such branch, tag, commit or matching version.' },
    FILE_NOT_FOUND: { family: 'hub', meaning: 'The hub listed a file and then did not have it.' },
    AUTH_REQUIRED: { family: 'hub', meaning: 'The hub wants a token and none was given.' },
    FORBIDDEN: { family: 'hub', meaning: 'The token is not accepted, or has no access to this repository.' },
    READ_ONLY: { family: 'hub', meaning: 'The token may read the repository and may not publish to it.' },
    NO_IDENTITY: { family: 'hub', meaning: 'The job has no identity that the hub would take in place of a token.' },
    CONFLICT: { family: 'hub', meaning: 'The repository changed in the meantime, or a tag is already taken.' },
    QUOTA: { family: 'hub', meaning: 'The storage or the allowance of the account on the hub is used up.' },
    TOO_LARGE: { family: 'hub', meaning: 'A file or a commit is larger than the hub takes.' },
    REFUSED: { family: 'hub', meaning: 'The hub refused the release for a reason of its own, which the message quotes.' },
    HUB_PROTOCOL: { family: 'hub', meaning: 'The endpoint does not answer like this hub; often a web page or a proxy.' },
    NETWORK: { family: 'network', meaning: 'A connection could not be made or broke off.' },
    TIMEOUT: { family: 'network', meaning: 'A host did not answer in time.' },
    STALLED: { family: 'network', meaning: 'A host stopped sending in the middle of a file.' },
    RATE_LIMITED: { family: 'network', meaning: 'A host asked for fewer requests, for longer than the retries allow.' },
    BUSY: {
        family: 'network',
        meaning: 'Another commit is being made in the repository, for longer than the retries allow.',
    },
    SERVER: { family: 'network', meaning: 'A host failed with a server error.' },
    LINK_EXPIRED: { family: 'network', meaning: 'A signed link was refused, also after it was made anew.' },
    SIZE_MISMATCH: { family: 'integrity', meaning: 'A file is longer or shorter than the listing says.' },
    DIGEST_MISMATCH: { family: 'integrity', meaning: 'The digest of a file is not the one in the listing.' },
    UNVERIFIABLE: { family: 'integrity', meaning: 'The listing gives no digest for a file, so nothing could prove it.' },
    INCOMPLETE: { family: 'integrity', meaning: 'Some files of the snapshot could not be had; each is named.' },
    PARTLY_PUBLISHED: {
        family: 'integrity',
        meaning: 'Some targets have the release, or may have it, and others do not; the message says which. The next run completes it.',
    },
    DISK_FULL: { family: 'disk', meaning: 'The files do not fit on the disk.' },
    STORE_FORMAT: { family: 'disk', meaning: 'The store was written by a newer version of this program.' },
    DISK_IO: { family: 'disk', meaning: 'A folder or file cannot be read or written.' },
    FILE_CHANGED: { family: 'disk', meaning: 'A file changed while it was read to be published.' },
    ABORTED: { family: 'cancelled', meaning: 'The run was cancelled.' },
    CACHE_RESTORE: { family: 'cache', meaning: 'The runner cache could not be read.' },
    CACHE_SAVE: { family: 'cache', meaning: 'The runner cache could not be written.' },
};
/** `message` says what happened to which file from which host; `hint` what to do next. Callers branch on `code` only. */
class errors_ModelFetchError extends Error {
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
    return error instanceof errors_ModelFetchError ? FAMILIES[familyOf(error.code)].exit : 1;
}
/** The code of a typed error, or undefined for anything else. */
function codeOf(error) {
    return error instanceof errors_ModelFetchError ? error.code : undefined;
}
/** The error that stands for a cancelled run. */
function aborted() {
    return new errors_ModelFetchError('ABORTED', 'The run was cancelled.', {
        hint: 'Run the same command again: what arrived so far is kept.',
    });
}

;// CONCATENATED MODULE: ./build/core/repo-path.js
// A file's path inside a model, safe to write on every system. Listings are strangers' text: what fails here is refused by name.

const RESERVED = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$)$/i;
const MAX_SEGMENT_BYTES = 255;
/** Together with the folder it must fit what the narrowest system allows. */
const MAX_PATH_BYTES = 900;
/** The names under which a folder keeps our own record. */
const OWN_NAMES = /^\.model-fetch(\.json$|-tmp-)/i;
const MAX_SHOWN = 300;
/** Why a path cannot be written everywhere, or undefined when it can. */
function unsafeReason(path) {
    if (path === '')
        return 'it is empty';
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    if (/[\u0000-\u001f\u007f-\u009f]/.test(path))
        return 'it holds a control character';
    if (/[\u202a-\u202e\u2066-\u2069\u2028\u2029]/.test(path))
        return 'it holds a character that changes how text is shown';
    if (!path.isWellFormed())
        return 'it is not valid Unicode';
    if (path.startsWith('/'))
        return 'it is absolute';
    if (/^[a-z]:/i.test(path))
        return 'it names a drive';
    if (Buffer.byteLength(path) > MAX_PATH_BYTES)
        return `it is longer than ${MAX_PATH_BYTES} bytes`;
    if (path.includes('\\'))
        return 'it holds a backslash, which separates folders on Windows';
    for (const segment of path.split('/')) {
        const reason = unsafeSegment(segment);
        if (reason !== undefined)
            return reason;
    }
    return undefined;
}
function unsafeSegment(segment) {
    if (segment === '')
        return 'it has an empty folder name';
    if (segment === '.' || segment === '..')
        return 'it leaves its folder';
    if (/^\.git$/i.test(segment) || /^git~1$/i.test(segment))
        return 'it lies in a .git folder';
    if (/[<>:"|?*]/.test(segment))
        return 'it holds a character that Windows does not allow';
    if (/[. ]$/.test(segment))
        return 'a name in it ends in a dot or a space, which Windows drops';
    if (RESERVED.test((segment.split('.')[0] ?? '').trimEnd()))
        return 'a name in it is reserved on Windows';
    if (OWN_NAMES.test(segment))
        return 'a name in it is one under which this program keeps its own record';
    if (Buffer.byteLength(segment) > MAX_SEGMENT_BYTES)
        return `a name in it is longer than ${MAX_SEGMENT_BYTES} bytes`;
    return undefined;
}
/** Text shown to people: control characters become visible escapes, so that a name cannot write into a log. */
function printable(text) {
    return text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is replaced
    /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
function cut(path) {
    return path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path;
}
/** @throws UNSAFE_PATH, naming the path and the reason. */
function repoPath(path) {
    const reason = unsafeReason(path);
    if (reason !== undefined)
        throw unsafe(`The listing names "${printable(cut(path))}", which is refused: ${reason}.`);
    return path;
}
/** Refuses two paths that are one file on some system: the same but for case or Unicode form, or a file that is also a folder.
 * @throws UNSAFE_PATH, naming both paths. */
function refuseCollisions(paths) {
    const collision = collisionOf(paths);
    if (collision !== undefined)
        throw unsafe(`The listing names ${collision}.`);
}
/** The first two paths that are one file on some system, and why, as the end of a sentence; undefined when there are none. */
function collisionOf(paths) {
    const files = new Map();
    for (const path of paths) {
        const other = files.get(fold(path));
        if (other !== undefined)
            return `"${other}" and "${path}", which are one file on systems that ignore case`;
        files.set(fold(path), path);
    }
    const folders = new Map();
    for (const path of paths) {
        const clash = folderClash(path, files, folders);
        if (clash !== undefined)
            return clash;
    }
    return undefined;
}
function folderClash(path, files, folders) {
    for (let end = path.indexOf('/'); end !== -1; end = path.indexOf('/', end + 1)) {
        const folder = path.slice(0, end);
        const file = files.get(fold(folder));
        if (file !== undefined)
            return `"${file}" both as a file and as the folder of "${path}"`;
        const other = folders.get(fold(folder));
        if (other !== undefined && other !== folder)
            return `the folders "${other}" and "${folder}", which are one folder where case is ignored`;
        folders.set(fold(folder), folder);
    }
    return undefined;
}
// Both ways, since some letters have one capital and two small forms, or the other way round.
function fold(path) {
    return path.normalize('NFC').toLowerCase().toUpperCase();
}
/** An UNSAFE_PATH error with the hint that all of them share. */
function unsafe(message) {
    return new ModelFetchError('UNSAFE_PATH', message, {
        hint: 'Leave the file out with `exclude`, or tell the owner of the repository.',
    });
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
    ESTALE: 'Another machine has replaced or removed it on the network disk meanwhile: run again.',
    EIO: 'The disk reports a defect: check it.',
};
/** The code of a system error, `ENOENT` for example; undefined for anything else. */
function errnoOf(error) {
    if (!(error instanceof Error) || !('code' in error) || !('errno' in error))
        return undefined;
    // Node has no name for it.
    if (error.errno === -external_node_os_namespaceObject.constants.errno.ESTALE)
        return 'ESTALE';
    return typeof error.code === 'string' ? error.code : undefined;
}
/** DISK_FULL or DISK_IO for a system error, naming the path; anything else comes back as it is. */
function diskError(error, path) {
    const errno = errnoOf(error);
    if (errno === undefined)
        return error;
    const hint = HINTS[errno] ?? 'Check the folder and its disk, or choose another one.';
    if (FULL.has(errno))
        return new errors_ModelFetchError('DISK_FULL', `No space is left to write "${printable(path)}" (${errno}).`, {
            hint,
            cause: error,
        });
    return new errors_ModelFetchError('DISK_IO', `"${printable(path)}" cannot be read or written (${errno}).`, {
        hint,
        cause: error,
    });
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
/** What the work gives, or undefined when the file is not there or not for this user. */
async function ifOurs(work) {
    try {
        return await ifPresent(work);
    }
    catch (error) {
        if (!isForbidden(error))
            throw error;
        return undefined;
    }
}
/** Whether an error says that this user may not do it. */
function isForbidden(error) {
    const errno = errnoOf(error);
    return errno === 'EACCES' || errno === 'EPERM';
}
/** Whether an error says that there is no such file. That it is another one by now says nothing of the kind: see stale.ts. */
function isAbsent(error) {
    const errno = errnoOf(error);
    return errno === 'ENOENT' || errno === 'ENOTDIR';
}

;// CONCATENATED MODULE: ./build/disk/hash/hash-message.js
// What the pool and its threads say to one another. Plain data.

function toPlainError(error) {
    if (!(error instanceof errors_ModelFetchError))
        return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    return { code: error.code, message: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}
function fromPlainError({ code, message, hint }) {
    if (code === undefined)
        return new Error(`a hashing thread failed: ${message}`);
    return new ModelFetchError(code, message, hint === undefined ? {} : { hint });
}

;// CONCATENATED MODULE: ./build/disk/hash/fetch-loop.js
// Fetching in a thread: a reader's bytes go to their place in the file and through its hash, and the other side hears how far they are.



/** News of bytes are gathered for so long: each costs both threads a wake-up. */
const NEWS_EVERY_MS = 5;
/** Never rejects: the last news tells how it ended. */
async function runFetch(task, parts, signal) {
    const { reader, target, say } = parts;
    let offsetBytes = task.range.start;
    let untold = 0;
    let toldMs = performance.now();
    const sink = (bytes) => {
        writeAll(target, offsetBytes, bytes);
        target.hash.feed(offsetBytes, bytes);
        offsetBytes += bytes.length;
        untold += bytes.length;
        if (performance.now() - toldMs < NEWS_EVERY_MS)
            return;
        say({ news: 'bytes', countBytes: untold });
        untold = 0;
        toldMs = performance.now();
    };
    try {
        const outcome = await reader.fetch(task, sink, () => say({ news: 'head' }), signal);
        say({ news: 'end', countBytes: untold, outcome });
    }
    catch (error) {
        say({ news: 'end', countBytes: untold, outcome: { kind: 'failed', ...toPlainError(error) } });
    }
}
function writeAll({ path, file }, offsetBytes, bytes) {
    try {
        for (let done = 0; done < bytes.length;)
            done += (0,external_node_fs_namespaceObject.writeSync)(file, bytes, done, bytes.length - done, offsetBytes + done);
    }
    catch (error) {
        throw diskError(error, path);
    }
}

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
/** Reads a digest as it is written here; undefined for any other text. */
function parseDigest(text) {
    const [name, hex] = text.split(':', 2);
    const algorithm = ALGORITHMS.find((one) => one === name);
    const digest = algorithm === undefined ? undefined : toDigest(algorithm, hex);
    return digest === text ? digest : undefined;
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

;// CONCATENATED MODULE: ./build/core/transfer/schedule.js
// How a file is cut into ranges, and which file comes first. Pure.
const MIB = 1024 * 1024;
/** The least that is worth a journal; damage is located by pieces of this length. */
const PIECE_BYTES = 16 * MIB;
/** The least that is worth a request of its own. */
const MIN_RANGE_BYTES = 4 * MIB;
const MAX_RANGE_BYTES = 128 * MIB;
/** The length of the next range: a share of all that is left, so that ranges are long at first, which costs few requests, and
 * short in the end, when one slow connection would hold up the rest. */
function rangeBytesFor(leftBytes, connections) {
    const share = Math.ceil(leftBytes / (connections * 3) / MIN_RANGE_BYTES) * MIN_RANGE_BYTES;
    return Math.min(MAX_RANGE_BYTES, Math.max(MIN_RANGE_BYTES, share));
}
/** Cuts a first range of at most `rangeBytes` off what is missing.
 * @returns undefined when nothing is missing */
function cutRange(missing, rangeBytes) {
    const [first, ...others] = missing;
    if (first === undefined)
        return undefined;
    const end = Math.min(first.end, first.start + rangeBytes);
    const rest = end < first.end ? [{ start: end, end: first.end }, ...others] : others;
    return { range: { start: first.start, end }, rest };
}
/** Largest first: the last to end should be small. Ties by path, so that runs are alike. */
function byUrgency(files) {
    return files.toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.path < b.path ? -1 : 1));
}
/** Bytes of disjoint ranges. */
function lengthOf(ranges) {
    return ranges.reduce((sum, { start, end }) => sum + end - start, 0);
}
/** Joins ranges that touch or overlap; sorted. */
function mergeRanges(ranges) {
    const merged = [];
    for (const range of ranges.toSorted((a, b) => a.start - b.start)) {
        const last = merged.at(-1);
        if (range.end <= range.start)
            continue;
        if (last !== undefined && range.start <= last.end)
            merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, range.end) };
        else
            merged.push(range);
    }
    return merged;
}
/** The ranges without what they share with another one; sorted. */
function withoutRange(ranges, hole) {
    return mergeRanges(ranges.flatMap(({ start, end }) => [
        { start, end: Math.min(end, hole.start) },
        { start: Math.max(start, hole.end), end },
    ]));
}
/** What of [0, sizeBytes) the ranges do not cover; sorted. */
function missingRanges(have, sizeBytes) {
    const missing = [];
    let front = 0;
    for (const range of mergeRanges(have)) {
        if (range.start > front)
            missing.push({ start: front, end: range.start });
        front = Math.max(front, range.end);
    }
    if (front < sizeBytes)
        missing.push({ start: front, end: sizeBytes });
    return missing;
}

;// CONCATENATED MODULE: ./build/disk/hash/hash-file.js
// The hashing loop: reads a file from its start, as far as it may, into all wanted digests, and marks its sha256 on the way. Blocks
// its thread; meant for a worker, or for small files.





/** @param buffer what is read goes through it; its length is the length of one read. @throws DISK_IO */
function openFileHash(task, buffer) {
    const digesters = task.algorithms.map((algorithm) => [
        algorithm,
        createDigester(algorithm, task.sizeBytes),
    ]);
    let file = onFile(task.path, () => (0,external_node_fs_namespaceObject.openSync)(task.path, 'r'));
    const sha256 = digesters.find(([algorithm]) => algorithm === 'sha256')?.[1];
    const marks = [];
    let hashedBytes = 0;
    const update = (bytes) => {
        for (let done = 0; done < bytes.length;) {
            const part = bytes.subarray(done, done + PIECE_BYTES - (hashedBytes % PIECE_BYTES));
            for (const [, digester] of digesters)
                digester.update(part);
            done += part.length;
            hashedBytes += part.length;
            const isMark = hashedBytes % PIECE_BYTES === 0 && hashedBytes < task.sizeBytes;
            if (isMark && sha256 !== undefined)
                marks.push(sha256.copy().digest('hex'));
        }
    };
    const close = () => {
        if (file !== undefined)
            (0,external_node_fs_namespaceObject.closeSync)(file);
        file = undefined;
    };
    return {
        get hashedBytes() {
            return hashedBytes;
        },
        marks,
        advance(toBytes) {
            while (hashedBytes < toBytes) {
                update(readChunk(task.path, file, buffer.subarray(0, toBytes - hashedBytes), hashedBytes));
            }
        },
        feed(offsetBytes, bytes) {
            if (offsetBytes === hashedBytes)
                update(bytes);
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
    throw new errors_ModelFetchError('DISK_IO', `"${path}" ends at ${offsetBytes} bytes, earlier than it should.`, {
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

;// CONCATENATED MODULE: ./build/disk/hash/hash-worker-loop.js
// What a hashing thread does: serves many files a slice at a time, so that a long one does not keep the others waiting, and
// fetches into them when it was given a reader.





const READ_BYTES = 2 * 1024 * 1024;
const SLICE_BYTES = 16 * 1024 * 1024;
/** Answers the requests that come through the port until the thread is ended. */
function serveHashing(port, reader) {
    const jobs = new Map();
    const buffer = new Uint8Array(READ_BYTES);
    const say = (reply) => port.postMessage(reply);
    let isRunning = false;
    const attempt = (id, work) => {
        try {
            work();
        }
        catch (error) {
            drop(jobs, id);
            say({ type: 'failed', id, ...toPlainError(error) });
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
        const digests = job.hash.digests();
        drop(jobs, id);
        say({ type: 'digests', id, digests, marks: job.hash.marks });
    };
    port.on('message', (request) => {
        if (request.type === 'fetch')
            attempt(request.id, () => startFetch(jobs.get(request.id), request, { reader, say }));
        else
            attempt(request.id, () => take(jobs, request, { buffer, say }));
        if (!isRunning)
            round();
    });
}
function take(jobs, request, parts) {
    const job = jobs.get(request.id);
    if (request.type === 'open') {
        const { path, sizeBytes } = request;
        const hash = openFileHash(request, parts.buffer);
        jobs.set(request.id, {
            path,
            hash,
            sizeBytes,
            fetches: new Map(),
            file: undefined,
            toBytes: 0,
            isFinishing: false,
        });
    }
    else if (job === undefined) {
        // It failed, which was said already.
    }
    else if (request.type === 'advance') {
        job.toBytes = Math.max(job.toBytes, request.toBytes);
        // What was fetched here was hashed on the way.
        if (!isBehind(job))
            parts.say({ type: 'reached', id: request.id });
    }
    else if (request.type === 'abort') {
        job.fetches.get(request.fetchId)?.abort();
    }
    else if (request.type === 'finish') {
        job.isFinishing = true;
    }
    else {
        drop(jobs, request.id);
    }
}
function startFetch(job, { id, fetchId, task }, parts) {
    // It failed, which was said already.
    if (job === undefined)
        return;
    job.file ??= openForWriting(job.path);
    const controller = new AbortController();
    job.fetches.set(fetchId, controller);
    const { path, file, hash } = job;
    const say = parts.say;
    void runFetch(task, { reader: parts.reader, target: { path, file, hash }, say: (news) => say({ type: 'fetch', id, fetchId, ...news }) }, controller.signal).finally(() => job.fetches.delete(fetchId));
}
function openForWriting(path) {
    try {
        return (0,external_node_fs_namespaceObject.openSync)(path, 'r+');
    }
    catch (error) {
        throw diskError(error, path);
    }
}
function drop(jobs, id) {
    const job = jobs.get(id);
    jobs.delete(id);
    if (job === undefined)
        return;
    for (const controller of job.fetches.values())
        controller.abort();
    job.hash.close();
    if (job.file !== undefined)
        (0,external_node_fs_namespaceObject.closeSync)(job.file);
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

;// CONCATENATED MODULE: ./build/core/http.js
// The vocabulary of one HTTP exchange as plain data, and what a status says when no hub knows better.

/** The value of a Range header. */
function formatRange(range) {
    return `bytes=${range.start}-${range.end - 1}`;
}
/** Reads `bytes a-b/total`; undefined for anything else. */
function parseContentRange(text) {
    const match = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/.exec(text?.trim() ?? '');
    if (match === null)
        return undefined;
    const start = Number(match[1]);
    const end = Number(match[2]) + 1;
    const totalBytes = match[3] === '*' ? undefined : Number(match[3]);
    if (end <= start || (totalBytes !== undefined && end > totalBytes))
        return undefined;
    return { start, end, totalBytes };
}
/** The error for a failing status that means the same on every host; undefined for one that a hub must read itself.
 * @param what the thing asked for and its host, for the message. */
function errorOfStatus(status, headers, what, nowMs) {
    const waitMs = retryAfterMs(headers, nowMs);
    const wait = waitMs === undefined ? {} : { waitMs };
    if (status === 408)
        return new ModelFetchError('TIMEOUT', `The host timed out (408) on ${what}.`, wait);
    if (status === 429) {
        return new ModelFetchError('RATE_LIMITED', `The host asked for fewer requests (429) on ${what}.`, {
            ...wait,
            hint: 'Give a token (anonymous limits are shared by everyone on the same address), or try again later.',
        });
    }
    if (status === 507) {
        return new ModelFetchError('QUOTA', `The host has no room left (507) for ${what}.`, {
            hint: 'Free storage on the page of the account, or have its limit raised; what was sent stays for the next run.',
        });
    }
    if (status >= 500) {
        return new ModelFetchError('SERVER', `The host failed (${status}) on ${what}.`, {
            ...wait,
            hint: 'The fault is the host’s; try again later.',
        });
    }
    return undefined;
}
/** How long the host asks to be left alone. `RateLimit` counts only when nothing remains (huggingface.md 1.7); `Retry-After` is
 * seconds or a date. */
function retryAfterMs(headers, nowMs) {
    const limit = /(?:^|;)\s*r=0\s*;\s*t=(\d{1,9})/.exec(headers['ratelimit'] ?? '');
    if (limit?.[1] !== undefined)
        return (Number(limit[1]) + 1) * 1000;
    const after = headers['retry-after']?.trim();
    if (after === undefined || after === '')
        return undefined;
    if (/^\d{1,9}$/.test(after))
        return Number(after) * 1000;
    const dateMs = Date.parse(after);
    return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}

;// CONCATENATED MODULE: ./build/core/transfer/answer.js
// Is this answer the bytes that were asked for? Decided by Content-Range and length, since a slice can wear 200 and a 200 can be
// the whole file (modelscope.md 3.2). Pure.


function judgeAnswer(answer, asked) {
    const { status, headers } = answer;
    if (status !== 200 && status !== 206)
        return { kind: 'text' };
    // Some stores send the header with nothing in it.
    const encoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
    if (encoding !== '' && encoding !== 'identity')
        return wrong(asked, `came encoded as ${encoding.slice(0, 60)}, though identity was asked for`);
    const header = headers['content-range'];
    if (header === undefined)
        return judgeUnranged(answer, asked);
    const given = parseContentRange(header);
    const want = asked.range ?? { start: 0, end: asked.sizeBytes };
    if (given === undefined || given.start !== want.start || given.end !== want.end) {
        return wrong(asked, `came as another range than the one asked for (${header.slice(0, 60)})`);
    }
    if (given.totalBytes !== undefined && given.totalBytes !== asked.sizeBytes) {
        return wrong(asked, `has ${given.totalBytes} bytes there, and ${asked.sizeBytes} in the listing`);
    }
    const lengthBytes = answer_lengthOf(headers);
    if (lengthBytes !== undefined && lengthBytes !== want.end - want.start)
        return wrong(asked, 'came with a length that is not its range’s');
    return { kind: asked.range === undefined ? 'whole' : 'slice' };
}
function judgeUnranged({ status, headers }, asked) {
    if (status === 206)
        return wrong(asked, 'came as a part (206) without saying which');
    const lengthBytes = answer_lengthOf(headers);
    return lengthBytes === undefined || lengthBytes === asked.sizeBytes ? { kind: 'whole' } : { kind: 'text' };
}
function answer_lengthOf(headers) {
    const text = headers['content-length'];
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
function wrong({ what }, how) {
    return { kind: 'wrong', error: new errors_ModelFetchError('SIZE_MISMATCH', `${what} ${how}.`) };
}

;// CONCATENATED MODULE: external "node:net"
const external_node_net_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:net");
;// CONCATENATED MODULE: external "node:tls"
const external_node_tls_namespaceObject = __WEBPACK_EXTERNAL_createRequire(import.meta.url)("node:tls");
;// CONCATENATED MODULE: ./build/net/network-error.js
// Names for what goes wrong below HTTP. Addresses in messages are cut to the host: queries hold signatures.

/** The host (and port) of an address, for messages. */
function hostOf(url) {
    return new URL(url).host;
}
const network_error_CODES = {
    UND_ERR_CONNECT_TIMEOUT: 'TIMEOUT',
    UND_ERR_HEADERS_TIMEOUT: 'TIMEOUT',
    ETIMEDOUT: 'TIMEOUT',
    UND_ERR_BODY_TIMEOUT: 'STALLED',
};
const network_error_HINTS = [
    [
        /ENOTFOUND|EAI_AGAIN/,
        'The name of the host could not be looked up: check the endpoint, the network and the proxy.',
    ],
    [/ECONNREFUSED/, 'Nothing listens there: check the endpoint and the proxy.'],
    [/CERT|SELF_SIGNED|UNABLE_TO|ERR_TLS|SSL/, 'The certificate was refused: give your own CA by NODE_EXTRA_CA_CERTS.'],
];
/** Turns what the network library threw into NETWORK, TIMEOUT, STALLED or ABORTED. */
function errorOfNetwork(error, url, signal) {
    if (signal.aborted)
        return aborted();
    if (error instanceof errors_ModelFetchError)
        return error;
    const { code, text } = describe(error);
    const known = network_error_CODES[code] ?? 'NETWORK';
    const what = { TIMEOUT: 'did not answer in time', STALLED: 'stopped sending' }[known] ??
        'could not be reached or broke off';
    const hint = network_error_HINTS.find(([pattern]) => pattern.test(`${code} ${text}`))?.[1];
    return new errors_ModelFetchError(known, `${hostOf(url)} ${what} (${code === '' ? text : code}).`, {
        cause: error,
        ...(hint === undefined ? {} : { hint }),
    });
}
function describe(error) {
    if (!(error instanceof Error))
        return { code: '', text: String(error) };
    // Several addresses of one host fail together; the first tells enough.
    const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;
    const code = 'code' in inner && typeof inner.code === 'string' ? inner.code : '';
    if (code === '' && inner.cause instanceof Error)
        return describe(inner.cause);
    return { code, text: inner.message };
}

;// CONCATENATED MODULE: ./build/net/lean-connection.js
// One connection of the lean reader: bytes go from the socket to whoever listens through one buffer, with no stream in between.




/** @param buffer takes every read; shared by the connections of a thread, since each read is used up before the next */
function openConnection(url, buffer, limits) {
    let listener;
    let isOpen = true;
    let phase = 'connect';
    let isConnected = false;
    const end = (error) => {
        isOpen = false;
        const last = listener;
        listener = undefined;
        last?.onEnd(error);
    };
    const socket = connect(url, {
        buffer,
        callback: (count, view) => {
            if (listener === undefined)
                socket.destroy();
            else
                listener.onBytes(view.subarray(0, count));
            return true;
        },
    });
    const never = new AbortController().signal;
    socket.setNoDelay(true);
    socket.setTimeout(limits.connectMs);
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
        isConnected = true;
        phase = 'head';
        socket.setTimeout(limits.headersMs);
    });
    socket.on('timeout', () => socket.destroy(timeoutError(url, phase)));
    socket.on('error', (error) => end(errorOfNetwork(error, url.href, never)));
    // A server that ends its side has nothing more to say.
    socket.on('end', () => end(undefined));
    socket.on('close', () => end(undefined));
    return {
        get isOpen() {
            return isOpen;
        },
        ask(head, next, { headersMs }) {
            listener = next;
            socket.ref();
            if (!isConnected)
                return void socket.write(head, 'latin1');
            phase = 'head';
            socket.setTimeout(headersMs);
            socket.write(head, 'latin1');
        },
        expectBody({ silenceMs }) {
            phase = 'body';
            socket.setTimeout(silenceMs);
        },
        rest() {
            listener = undefined;
            socket.setTimeout(0);
            socket.unref();
        },
        destroy() {
            listener = undefined;
            isOpen = false;
            socket.destroy();
        },
    };
}
function connect(url, onread) {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (url.protocol !== 'https:')
        return external_node_net_namespaceObject.connect({ host, port: Number(url.port || 80), onread });
    const servername = external_node_net_namespaceObject.isIP(host) === 0 ? host : '';
    return external_node_tls_namespaceObject.connect({
        host,
        port: Number(url.port || 443),
        servername,
        ALPNProtocols: ['http/1.1'],
        onread,
    });
}
function timeoutError(url, phase) {
    const host = hostOf(url.href);
    if (phase === 'body')
        return new errors_ModelFetchError('STALLED', `${host} stopped sending.`);
    return new errors_ModelFetchError('TIMEOUT', `${host} did not ${phase === 'head' ? 'answer' : 'accept a connection'} in time.`);
}

;// CONCATENATED MODULE: ./build/net/lean-head.js
// The head of an HTTP/1.1 answer, read strictly: whatever is not plain is odd, and left to a client that knows all of HTTP. Pure.
const STATUS_LINE = /^HTTP\/1\.([01]) ([2-5]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ONCE = new Set(['content-length', 'content-range', 'content-encoding', 'transfer-encoding', 'location']);
/** @param text the head without the empty line that ends it, one character a byte
 * @returns undefined when it is odd: folded, contradictory, or no HTTP/1 at all */
function parseLeanHead(text) {
    const [first = '', ...lines] = text.split('\r\n');
    const status = STATUS_LINE.exec(first);
    if (status === null)
        return undefined;
    const headers = Object.create(null);
    for (const line of lines) {
        const field = readField(line);
        if (field === undefined)
            return undefined;
        const { name, value } = field;
        if (name in headers && ONCE.has(name))
            return undefined;
        headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
    }
    const lengthBytes = lean_head_lengthOf(Number(status[2]), headers);
    if (lengthBytes === undefined && headers['content-length'] !== undefined)
        return undefined;
    const isKept = status[1] === '1' && !/\bclose\b/i.test(headers['connection'] ?? '');
    return { status: Number(status[2]), headers, lengthBytes, staysOpen: isKept };
}
// Cut by hand: a pattern that drops the blanks on both sides can be kept busy for hours by a line of blanks.
function readField(line) {
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const rest = line.slice(colon + 1);
    if (!NAME.test(name) || !VALUE.test(rest))
        return undefined;
    return { name: name.toLowerCase(), value: withoutBlanks(rest) };
}
function withoutBlanks(text) {
    let start = 0;
    let end = text.length;
    while (start < end && isBlank(text.charCodeAt(start)))
        start += 1;
    while (end > start && isBlank(text.charCodeAt(end - 1)))
        end -= 1;
    return text.slice(start, end);
}
function isBlank(code) {
    return code === 0x20 || code === 0x09;
}
function lean_head_lengthOf(status, headers) {
    if (headers['transfer-encoding'] !== undefined)
        return undefined;
    if (status === 204 || status === 304)
        return 0;
    const text = headers['content-length'];
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

;// CONCATENATED MODULE: ./build/net/lean-reader.js
// Reads long answers: one exchange at a time on kept connections, the head strictly, the body by its length and into a sink.





/** For large files. Reads are few when they may be long. */
const lean_reader_READ_BYTES = 1024 * 1024;
const MAX_HEAD_BYTES = 64 * 1024;
/** Enough of a refusal to tell what it is. */
const MAX_TEXT_BYTES = 64 * 1024;
/** Short reads (TLS gives 16 KiB at a time) are gathered to this before they are passed on. */
const GATHER_BYTES = 256 * 1024;
/** @param readBytes the most that one read takes from a socket */
function createLeanReader(readBytes = lean_reader_READ_BYTES) {
    const buffer = new Uint8Array(readBytes);
    const idle = new Map();
    const take = (url) => {
        const kept = idle.get(url.origin) ?? [];
        for (let connection = kept.pop(); connection !== undefined; connection = kept.pop()) {
            if (connection.isOpen)
                return connection;
        }
        return undefined;
    };
    const keep = (url, connection) => {
        connection.rest();
        idle.set(url.origin, [...(idle.get(url.origin) ?? []), connection]);
    };
    return {
        async fetch(task, sink, onHead, signal) {
            const url = new URL(task.wire.url);
            const parts = { task, url, request: requestHead(url, task.wire.headers), sink, onHead, keep };
            const kept = take(url);
            if (kept !== undefined) {
                const outcome = await exchange(kept, parts, signal);
                // A kept connection may have been closed just before the request; then nothing of an answer came.
                if (outcome !== 'unanswered')
                    return outcome;
            }
            if (signal.aborted)
                throw aborted();
            const outcome = await exchange(openConnection(url, buffer, task.wire.limits), parts, signal);
            if (outcome !== 'unanswered')
                return outcome;
            throw new errors_ModelFetchError('NETWORK', `${hostOf(url.href)} closed the connection without an answer.`);
        },
    };
}
function exchange(connection, parts, signal) {
    const { task, url } = parts;
    return new Promise((resolve, reject) => {
        const cancel = () => finish(() => reject(aborted()), false);
        const finish = (settle, isReusable) => {
            signal.removeEventListener('abort', cancel);
            if (isReusable && connection.isOpen)
                parts.keep(url, connection);
            else
                connection.destroy();
            settle();
        };
        if (signal.aborted)
            return cancel();
        signal.addEventListener('abort', cancel, { once: true });
        const listener = createListener(connection, parts, {
            done: (outcome, isReusable) => finish(() => resolve(outcome), isReusable),
            fail: (error) => finish(() => reject(error), false),
        });
        connection.ask(parts.request, listener, task.wire.limits);
    });
}
function requestHead(url, headers) {
    const lines = Object.entries({ host: url.host, ...headers }).map(([name, value]) => `${name}: ${value}`);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a line break in a header would begin another one
    if (lines.some((line) => /[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(line))) {
        throw new errors_ModelFetchError('BAD_OPTION', 'A header holds a character that cannot be sent.', {
            hint: 'Check the token: it may hold a line break or letters that are not ASCII.',
        });
    }
    return `GET ${url.pathname}${url.search} HTTP/1.1\r\n${lines.join('\r\n')}\r\nconnection: keep-alive\r\n\r\n`;
}
function createListener(connection, parts, verdict) {
    let head = '';
    let body;
    const begin = (text, rest) => {
        const parsed = parseLeanHead(text);
        if (parsed === undefined)
            return verdict.done({ kind: 'odd' }, false);
        const { status, headers, lengthBytes } = parsed;
        if (lengthBytes === undefined) {
            const saysAll = isToldByHead(status);
            return verdict.done(saysAll ? { kind: 'answer', status, headers: { ...headers }, text: '' } : { kind: 'odd' }, false);
        }
        connection.expectBody(parts.task.wire.limits);
        body = openBody({ ...parsed, lengthBytes }, parts, verdict);
        body?.take(rest);
    };
    return {
        onBytes(bytes) {
            try {
                if (body !== undefined)
                    return body.take(bytes);
                // The end of the head may be cut in two by a read.
                const before = head.length;
                head += latin1(bytes.subarray(0, MAX_HEAD_BYTES + 4));
                const end = head.indexOf('\r\n\r\n', Math.max(0, before - 3));
                if (end !== -1)
                    return begin(head.slice(0, end), bytes.subarray(end + 4 - before));
                if (head.length > MAX_HEAD_BYTES)
                    verdict.done({ kind: 'odd' }, false);
            }
            catch (error) {
                verdict.fail(error);
            }
        },
        onEnd(error) {
            try {
                const early = body?.early();
                if (error !== undefined && (early !== undefined || head !== '' || !isReset(error)))
                    return verdict.fail(error);
                if (early !== undefined)
                    return verdict.fail(early);
                verdict.done('unanswered', false);
            }
            catch (failure) {
                // What came last could not be passed on.
                verdict.fail(failure);
            }
        },
    };
}
// Redirects, and statuses that mean the same on every host: their text adds nothing.
function isToldByHead(status) {
    return (status >= 300 && status < 400) || status === 408 || status === 429 || status >= 500;
}
function isReset(error) {
    const { cause } = error;
    return cause instanceof Error && 'code' in cause && (cause.code === 'ECONNRESET' || cause.code === 'EPIPE');
}
function latin1(bytes) {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
function openBody(head, parts, verdict) {
    const answer = judgeAnswer(head, parts.task.asked);
    if (answer.kind === 'wrong') {
        verdict.fail(answer.error);
        return undefined;
    }
    if (answer.kind === 'text')
        return textBody(head, parts, verdict);
    if (answer.kind === 'whole' && parts.task.asked.range !== undefined) {
        verdict.done({ kind: 'whole' }, false);
        return undefined;
    }
    parts.onHead();
    return bytesBody(head, parts, verdict);
}
function bytesBody(head, { task, sink }, verdict) {
    const gathered = createGatherer(sink, head.lengthBytes);
    let left = head.lengthBytes;
    return {
        take(bytes) {
            const ours = bytes.length > left ? bytes.subarray(0, left) : bytes;
            left -= ours.length;
            gathered.add(ours);
            if (left > 0)
                return;
            gathered.flush();
            // What comes after the end belongs to no request of ours.
            verdict.done({ kind: 'done' }, head.staysOpen && bytes.length === ours.length);
        },
        early() {
            gathered.flush();
            return new errors_ModelFetchError('NETWORK', `${task.asked.what} ended ${left} bytes early.`);
        },
    };
}
function textBody(head, { task }, verdict) {
    const wanted = Math.min(head.lengthBytes, MAX_TEXT_BYTES);
    let text = Buffer.alloc(0);
    const done = (isReusable) => verdict.done({ kind: 'answer', status: head.status, headers: { ...head.headers }, text: text.toString('utf8') }, isReusable);
    return {
        take(bytes) {
            const ours = bytes.subarray(0, wanted - text.length);
            text = Buffer.concat([text, ours]);
            if (text.length === wanted)
                done(head.staysOpen && wanted === head.lengthBytes && ours.length === bytes.length);
        },
        early: () => new errors_ModelFetchError('NETWORK', `${task.asked.what} ended early.`),
    };
}
/** @param lengthBytes all that will come */
function createGatherer(sink, lengthBytes) {
    const enoughBytes = Math.min(GATHER_BYTES / 4, lengthBytes);
    let gathered;
    let count = 0;
    const flush = () => {
        if (gathered === undefined || count === 0)
            return;
        const ready = gathered.subarray(0, count);
        count = 0;
        sink(ready);
    };
    return {
        add(bytes) {
            if (count === 0 && bytes.length >= enoughBytes)
                return sink(bytes);
            gathered ??= new Uint8Array(Math.min(GATHER_BYTES, lengthBytes));
            for (let from = 0; from < bytes.length;) {
                const part = bytes.subarray(from, from + gathered.length - count);
                gathered.set(part, count);
                count += part.length;
                from += part.length;
                if (count === gathered.length)
                    flush();
            }
        },
        flush,
    };
}

;// CONCATENATED MODULE: ./build/entry/hash-worker.js
// The program of a thread: hashes files, and fetches into them what it hashes on the way.



if (external_node_worker_threads_namespaceObject.parentPort === null)
    throw new Error('this program runs as a thread only');
serveHashing(external_node_worker_threads_namespaceObject.parentPort, createLeanReader());

