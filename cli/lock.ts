// A lock file that names its owner by proof, so that a crash never leaves it locked.
import { rmSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createExclusive, readJson } from "./files.ts";
import { identify, isAlive, type ProcessId } from "./proc.ts";

/** Takes the lock. @returns its live owner when someone else holds it, else undefined: it is ours until {@link unlock} */
export function tryLock(path: string): ProcessId | undefined {
  const self = identify(process.pid);
  for (;;) {
    if (createExclusive(path, JSON.stringify(self))) return undefined;
    const owner = readJson<ProcessId>(path);
    if (owner && isAlive(owner)) return owner;
    rmSync(path, { force: true }); // its owner is gone
  }
}

/** Waits for the lock; `onWait` is told once who holds it. */
export async function lock(path: string, onWait: (owner: ProcessId) => void): Promise<void> {
  for (let told = false; ; told = true) {
    const owner = tryLock(path);
    if (!owner) return;
    if (!told) onWait(owner);
    await sleep(200);
  }
}

/** Frees a lock this process holds; does nothing to anyone else's. */
export function unlock(path: string): void {
  if (readJson<ProcessId>(path)?.pid === process.pid) rmSync(path, { force: true });
}
