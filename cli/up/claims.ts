// Ports that a running (or still building) `up` has chosen: two starts at once, of any checkout, never choose the same one.
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tryLock, unlock } from "../lock.ts";

const uid = process.getuid?.() ?? 0;
const folder = join(tmpdir(), `nodeops-ports-${uid}`);

function isOurs(): boolean {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  return stat.isDirectory() && stat.uid === uid;
}

/** Claims a port for this process until it ends. @returns pid of the live process that has claimed it, if any */
export function claimPort(port: number): number | undefined {
  // Someone else's folder under our name proves nothing: then only the bind decides.
  return isOurs() ? tryLock(join(folder, String(port)))?.pid : undefined;
}

/** Gives a claim back. */
export const releasePort = (port: number): void => unlock(join(folder, String(port)));
