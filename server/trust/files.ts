// Where the fleet's keys lie, and how they are written: whole or not at all, and owned by the account whose folder it is.
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { publicPath, readPlainFile, secretPath } from "../core/secrets.ts";

/** Private keys lie with the one process that uses them; what agents and consoles check them by is for everybody. */
export const trustPaths = (dataDir: string) => ({
  /** CA keys and certificates, newest first. */
  ca: secretPath(dataDir, "gateway", "ca.pem"),
  /** Command-signing keys, newest first. */
  signing: secretPath(dataDir, "dispatcher", "dispatch.key"),
  document: publicPath(dataDir, "trust.json"),
  caCertificates: publicPath(dataDir, "ca.crt"),
});

/** Replaces a file in one step. Run as root, it becomes the property of the folder's owner, whose secret it is. */
export function writeOwned(path: string, content: string, mode: 0o600 | 0o644): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: mode === 0o600 ? 0o700 : 0o755 });
  const temporary = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  const fd = openSync(temporary, "wx", mode);
  try {
    writeSync(fd, content);
    if (process.getuid?.() === 0) {
      const { uid, gid } = statSync(folder);
      fchownSync(fd, uid, gid);
    }
    fsyncSync(fd);
  } catch (err) {
    rmSync(temporary, { force: true });
    throw err;
  } finally {
    closeSync(fd);
  }
  renameSync(temporary, path);
}

/** Text of a file; null when it is not there. @throws when it may not be read */
export function readIfThere(path: string): string | null {
  try {
    return readPlainFile(path);
  } catch (err) {
    if (err instanceof Error && "code" in err && err.code === "ENOENT") return null;
    throw err;
  }
}

/** Calls `read` again whenever one of the files is another one; what was read last stays when it cannot be read any more. */
export function rereadOnChange<T>(paths: readonly string[], read: () => T): () => T {
  let known: { stamp: string; value: T } | null = null;
  return () => {
    try {
      const stats = paths.map((path) => statSync(path));
      const stamp = stats.map(({ mtimeMs, size, ino }) => `${mtimeMs}/${size}/${ino}`).join();
      if (known?.stamp !== stamp) known = { stamp, value: read() };
      return known.value;
    } catch (err) {
      if (known) return known.value;
      throw err;
    }
  };
}
