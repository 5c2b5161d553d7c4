// Small file writes that survive a crash: whole or not at all.
import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";

function writeTemporary(path: string, content: string, mode: number): string {
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const fd = openSync(temporary, "wx", mode);
  try {
    writeSync(fd, content);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return temporary;
}

/** Replaces a file's content in one step. */
export function writeAtomic(path: string, content: string, mode = 0o600): void {
  const temporary = writeTemporary(path, content, mode);
  try {
    renameSync(temporary, path);
  } catch (err) {
    rmSync(temporary, { force: true });
    throw err;
  }
}

/** Creates a file with its whole content unless it exists. @returns whether this call made it */
export function createExclusive(path: string, content: string, mode = 0o600): boolean {
  const temporary = writeTemporary(path, content, mode);
  try {
    linkSync(temporary, path);
    return true;
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw err;
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Parsed JSON of a file; undefined when it is absent or no JSON (an old disk-full leftover). */
export function readJson<T>(path: string): T | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as T;
  } catch (err) {
    if (err instanceof SyntaxError || ["ENOENT", "ENOTDIR"].includes((err as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw err;
  }
}
