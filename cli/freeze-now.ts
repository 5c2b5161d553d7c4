// A freeze that no other process can swallow: a file in the dispatcher's own folder, which it reads before it signs anything more.
import { randomBytes } from "node:crypto";
import { closeSync, fchownSync, fsyncSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { errorCode } from "./errors.ts";
import { dataDir, dataPaths } from "./paths.ts";

const NAME = "freeze-now.json";

/**
 * Leaves the freeze for the dispatcher of this data folder.
 * @returns false where that is not possible: a console of another machine, or an account that may not write there
 */
export function dropFreeze(options: { data?: string }, reason: string, at: Date): boolean {
  if (process.env.NODEOPS_URL) return false;
  const folder = dataPaths(dataDir(options.data)).dispatcher;
  const path = join(folder, NAME);
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    write(temporary, folder, `${JSON.stringify({ v: 1, reason, at: at.toISOString() })}\n`);
    renameSync(temporary, path);
    return true;
  } catch (err) {
    if (["ENOENT", "ENOTDIR"].includes(errorCode(err) ?? "")) return false;
    rmSync(temporary, { force: true });
    if (["EACCES", "EPERM", "EROFS"].includes(errorCode(err) ?? "")) return false;
    throw err;
  }
}

/** As root it becomes the property of the folder's owner, who is to read it and to put it away. */
function write(path: string, folder: string, content: string): void {
  const fd = openSync(path, "wx", 0o600);
  try {
    writeSync(fd, content);
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(folder);
      fchownSync(fd, uid, gid);
    }
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
