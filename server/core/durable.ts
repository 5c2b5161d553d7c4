// Files that must survive a crash whole: replaced in one step, or added to line by line, and on the disk when the call returns.
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
  fsyncSync(fd);
}

/** Replaces the file: a crash leaves the old or the new content, never a part. Mode 0600. */
export function writeDurably(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.tmp`;
  const fd = openSync(temporary, "w", 0o600);
  try {
    writeAll(fd, text);
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
  syncFolder(dirname(path));
}

/** Opens a file to add to; made, with mode 0600, when it is not there. Close it with `closeSync`. */
export function openForAppend(path: string): number {
  const fd = openSync(path, "a", 0o600);
  syncFolder(dirname(path));
  return fd;
}

/** Adds a text that ends with a line feed. @throws when it is not wholly on the disk */
export const appendDurably = (fd: number, line: string): void => writeAll(fd, line);
