// Follows one log file: whole lines since the last look, across rotation and truncation, in bounded portions.
import { constants } from "node:fs";
import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { codeOf } from "../host/errors.ts";

/** Where a reader was: kept across restarts. */
export type Position = { inode: number; offset: number };

/** Bytes a call of read(). */
const PORTION = 256 * 1024;
/** A backlog beyond this is skipped up to the last portion: what it told of is old. */
const BACKLOG_MAX = 8 * 1024 * 1024;
/** Names in a folder that are looked at for a rotated file. */
const NAMES_MAX = 2_000;

export class FileTail {
  readonly path: string;
  #position: Position | null;
  /** Bytes skipped because there were too many. */
  skipped = 0;
  /** There was more than the last portion. */
  isBehind = false;
  /** When the file that the last portion came from was last written to, epoch ms. */
  modifiedAt: number | null = null;

  /** @param position where an earlier reader was; null begins at the present end */
  constructor(path: string, position: Position | null) {
    this.path = path;
    this.#position = position;
  }

  get position(): Position | null {
    return this.#position;
  }

  /** The next portion of lines; `isBehind` says whether to ask again. Null: no such file. @throws on other I/O errors */
  async read(): Promise<string[] | null> {
    this.isBehind = false;
    const before = this.#position;
    const file = await openPlain(this.path);
    if (!file) {
      this.#position ??= { inode: 0, offset: 0 }; // what appears later is read from its beginning
      return null;
    }
    try {
      const { ino: inode, size } = await file.stat();
      if (!before) {
        this.#position = { inode, offset: size };
        return [];
      }
      if (before.inode === inode) return await this.#portion(file, before.offset <= size ? before.offset : 0);
      const old = await findRotated(this.path, before.inode);
      if (!old) return await this.#portion(file, 0);
      const rest = await this.#rest(old, before.offset);
      // Until its writer has opened the new file it goes on in the old one.
      if (this.isBehind || size === 0) return rest;
      this.#position = { inode, offset: 0 };
      this.isBehind = true;
      return rest;
    } finally {
      await file.close();
    }
  }

  async #rest(old: FileHandle, offset: number): Promise<string[]> {
    try {
      return await this.#portion(old, offset);
    } finally {
      await old.close();
    }
  }

  async #portion(file: FileHandle, from: number): Promise<string[]> {
    const { ino: inode, size, mtimeMs } = await file.stat();
    let offset = from;
    if (size - offset > BACKLOG_MAX) {
      this.skipped += size - offset - PORTION;
      offset = size - PORTION;
    }
    const { lines, end, isFull } = await portion(file, offset);
    this.#position = { inode, offset: end };
    this.isBehind = isFull;
    this.modifiedAt = mtimeMs;
    return lines;
  }
}

/**
 * The file of that inode beside `path`, whatever rotation calls it: "name.1", or "name-20261122" (dateext, the default of RHEL, SUSE, Amazon Linux).
 * Null: it is gone or was compressed at once.
 */
async function findRotated(path: string, inode: number): Promise<FileHandle | null> {
  if (inode === 0) return null;
  const [folder, name] = [dirname(path), basename(path)];
  const names = (await readdir(folder).catch(() => [])).filter((other) => other !== name && other.startsWith(name));
  for (const other of names.slice(0, NAMES_MAX)) {
    const at = join(folder, other);
    if ((await lstat(at).catch(() => null))?.ino !== inode) continue;
    const file = await openPlain(at);
    if (file && (await file.stat()).ino === inode) return file;
    await file?.close();
  }
  return null;
}

/** Null: not there, or no plain file (a fifo must not be waited for). */
async function openPlain(path: string): Promise<FileHandle | null> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return null;
  } catch (err) {
    if (codeOf(err) === "ENOENT" || codeOf(err) === "ENOTDIR") return null;
    throw err;
  }
}

/** Whole lines from `offset`; a line without an end waits, unless it fills the portion: then it is taken as it is. */
async function portion(file: FileHandle, offset: number): Promise<{ lines: string[]; end: number; isFull: boolean }> {
  const buffer = Buffer.allocUnsafe(PORTION);
  const { bytesRead } = await file.read(buffer, 0, PORTION, offset);
  const last = buffer.subarray(0, bytesRead).lastIndexOf(10);
  const length = last >= 0 ? last + 1 : bytesRead === PORTION ? PORTION : 0;
  const text = buffer.toString("utf8", 0, length);
  const lines = text.split("\n").filter((line) => line !== "");
  return { lines, end: offset + length, isFull: bytesRead === PORTION };
}
