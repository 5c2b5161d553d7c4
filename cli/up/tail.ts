// The last lines of a process's log, for messages that say why it did not start.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { DataPaths } from "../paths.ts";

/** Up to `lines` last lines of a file; empty when it does not exist. */
export function tailLines(path: string, lines: number): string[] {
  try {
    const fd = openSync(path, "r");
    try {
      const { size } = fstatSync(fd);
      const buffer = Buffer.alloc(Math.min(size, 64 * 1024));
      readSync(fd, buffer, 0, buffer.length, size - buffer.length);
      return buffer.toString("utf8").trimEnd().split("\n").slice(-lines);
    } finally {
      closeSync(fd);
    }
  } catch {
    return []; // never started, or not readable: the caller's message stands alone
  }
}

/** The last lines of a process's log, indented, or nothing. */
export function logTail(paths: DataPaths, name: string): string {
  const lines = tailLines(paths.log(name), 8).filter((line) => line !== "");
  return lines.length > 0 ? `\n${lines.map((line) => `    ${line}`).join("\n")}` : "";
}
