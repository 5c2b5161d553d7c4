// Log files of supervised processes: opened for append (processes outlive the supervisor), kept below a size while they run.
import { copyFileSync, openSync, statSync, truncateSync } from "node:fs";

const SIZE_MAX_BYTES = 50 * 1024 * 1024;

/** File descriptor to hand to a process; the caller closes its own copy. */
export const openLog = (path: string): number => openSync(path, "a", 0o600);

/**
 * Moves a grown log's content to `<path>.1` and empties it. The writer keeps its descriptor, which is why it must append.
 * Lines written between the copy and the cut are lost; a full disk leaves everything as it is.
 */
export function trimLog(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < SIZE_MAX_BYTES) return;
  copyFileSync(path, `${path}.1`);
  truncateSync(path, 0);
}
