// Gives files and folders to an account that may change them while we do: nothing is looked up twice, nothing outside is ever touched.
import { closeSync, constants, fchownSync, fstatSync, openSync, readdirSync } from "node:fs";
import { errorCode } from "../errors.ts";
import type { Account } from "../system-user.ts";

/** Deeper than this nothing of ours lies; an account that nests further only keeps its own files from being given to it. */
const DEPTH_MAX = 32;

// Not there any more, a link, a socket or another thing that cannot be opened: not ours to give.
const PASSED_OVER = new Set(["ENOENT", "ENOTDIR", "ELOOP", "ENXIO", "ENODEV"]);

/**
 * Folders and plain files with one name, from `path` down, get that owner. Links are neither followed nor given, and no path is used
 * twice: what was opened is what is looked at and given, and its children are reached through it. Needs /proc.
 */
export function handOver(path: string, { uid, gid }: Pick<Required<Account>, "uid" | "gid">, depth = 0): void {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (err) {
    if (PASSED_OVER.has(errorCode(err) ?? "") && depth > 0) return;
    throw err;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isDirectory() && !(stat.isFile() && stat.nlink === 1)) return;
    if (stat.uid !== uid || stat.gid !== gid) fchownSync(fd, uid, gid);
    if (!stat.isDirectory() || depth >= DEPTH_MAX) return;
    const here = `/proc/self/fd/${fd}`;
    for (const name of readdirSync(here)) handOver(`${here}/${name}`, { uid, gid }, depth + 1);
  } finally {
    closeSync(fd);
  }
}
