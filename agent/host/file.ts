// Files on disk that must survive a crash whole, and small reads that may fail.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

/** Makes a directory entry durable. */
export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Writes the file so that a crash leaves the old or the new content, never a part. Mode 0600 unless told. */
export function writeDurably(path: string, content: string | Uint8Array, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, "w", mode);
  try {
    const bytes = typeof content === "string" ? Buffer.from(content) : content;
    for (let done = 0; done < bytes.byteLength; ) done += writeSync(fd, bytes, done);
    fsyncSync(fd);
  } catch (err) {
    rmSync(temporary, { force: true }); // a full disk is not made fuller by halves
    throw err;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Trimmed text of a small file, null when it is not there or cannot be read. */
export function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return null;
  }
}

/** A folder, pipe or device where a file was looked for. */
export class NotPlain extends Error {}

/**
 * A file that others may have put there: a pipe is not waited for, a link not followed (unless told), and no more read than `maxBytes`.
 * @param options.uid whose it must be
 * @param options.sized false: the kernel gives no size (cgroup files), so read from the start to the end, `maxBytes` at the most
 * @throws when it is not there or not such a file
 */
export function readPlain(
  path: string,
  options: { maxBytes: number; from?: "start" | "end"; follow?: boolean; uid?: number; sized?: boolean },
): Buffer {
  const { maxBytes, from = "start", follow = false, uid, sized = true } = options;
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants;
  const fd = openSync(path, O_RDONLY | O_NONBLOCK | (follow ? 0 : O_NOFOLLOW));
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new NotPlain(`${path} is not a plain file`);
    if (uid !== undefined && stat.uid !== uid) throw new Error(`${path} belongs to user ${stat.uid}`);
    const buffer = Buffer.alloc(sized ? Math.min(maxBytes, stat.size) : maxBytes);
    const start = sized && from === "end" ? stat.size - buffer.length : 0;
    let done = 0;
    while (done < buffer.length) {
      const count = readSync(fd, buffer, done, buffer.length - done, start + done);
      if (count === 0) break; // it was cut meanwhile
      done += count;
    }
    return buffer.subarray(0, done);
  } finally {
    closeSync(fd);
  }
}

/** Number in a small file, null when absent or not a number. */
export function readNumber(path: string): number | null {
  const text = readText(path);
  if (text === null || text === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}
