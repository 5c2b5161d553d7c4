// Follows one log file: whole lines since the last look, across rotation and truncation, in bounded portions.
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { codeOf } from "../host/errors.ts";

/** Where a reader was: kept across restarts. */
export type Position = { inode: number; offset: number };

/** Bytes a look. */
const PORTION = 256 * 1024;
/** A backlog beyond this is skipped up to the last portion: what it told of is old. */
const BACKLOG_MAX = 8 * 1024 * 1024;

export class FileTail {
  readonly path: string;
  #position: Position | null;
  /** Bytes skipped because there were too many. */
  skipped = 0;

  /** @param position where an earlier reader was; null begins at the present end */
  constructor(path: string, position: Position | null) {
    this.path = path;
    this.#position = position;
  }

  get position(): Position | null {
    return this.#position;
  }

  /** Lines written since the last look. Null: no such file. @throws on other I/O errors */
  async read(): Promise<string[] | null> {
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
      const rest = before.inode === inode ? [] : await this.#rotated(before);
      let offset = before.inode === inode && before.offset <= size ? before.offset : 0;
      if (size - offset > BACKLOG_MAX) {
        this.skipped += size - offset - PORTION;
        offset = size - PORTION;
      }
      const { lines, end } = await portion(file, offset);
      this.#position = { inode, offset: end };
      return [...rest, ...lines];
    } finally {
      await file.close();
    }
  }

  /** What was written to the file between the last look and its rotation to "name.1". */
  async #rotated({ inode, offset }: Position): Promise<string[]> {
    const old = await openPlain(`${this.path}.1`);
    if (!old) return [];
    try {
      return (await old.stat()).ino === inode ? (await portion(old, offset)).lines : [];
    } finally {
      await old.close();
    }
  }
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
async function portion(file: FileHandle, offset: number): Promise<{ lines: string[]; end: number }> {
  const buffer = Buffer.allocUnsafe(PORTION);
  const { bytesRead } = await file.read(buffer, 0, PORTION, offset);
  const last = buffer.subarray(0, bytesRead).lastIndexOf(10);
  const length = last >= 0 ? last + 1 : bytesRead === PORTION ? PORTION : 0;
  const text = buffer.toString("utf8", 0, length);
  const lines = text.split("\n").filter((line) => line !== "");
  return { lines, end: offset + length };
}
