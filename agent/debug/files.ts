// Files that processes hold open although their name is gone: space that no `du` finds. Their size is asked through a child, since a file may lie on a dead server.
import { readdirSync, readlinkSync } from "node:fs";
import type { DebugReport } from "../../protocol/debug.ts";
import type { ProcessStat } from "../host/proc.ts";
import { run } from "../host/run.ts";

const PROCESSES_MAX = 200;
const FILES_MAX = 100;
const LINKS_MAX = 20_000;

/** A link of /proc/PID/fd that names a file which was removed; memory and pipes look alike and are not. */
export const isDeleted = (target: string): boolean =>
  target.startsWith("/") &&
  target.endsWith(" (deleted)") &&
  !/^\/(memfd:|dev\/zero|SYSV|\[aio\]|dev\/shm\/)/.test(target);

export async function readDeleted(
  processes: readonly ProcessStat[],
): Promise<NonNullable<DebugReport["deletedFiles"]["value"]>> {
  const found: { pid: number; link: string; path: string }[] = [];
  let links = 0;
  for (const { pid } of processes.slice(0, PROCESSES_MAX)) {
    for (const fd of namesIn(`/proc/${pid}/fd`)) {
      if (++links > LINKS_MAX || found.length >= FILES_MAX) break;
      const link = `/proc/${pid}/fd/${fd}`;
      const path = target(link);
      if (isDeleted(path)) found.push({ pid, link, path: path.slice(0, -" (deleted)".length).slice(0, 1_000) });
    }
  }
  if (found.length === 0) return [];
  const { stdout } = await run(["stat", "-L", "-c", "%n %s", ...found.map(({ link }) => link)], { timeoutMs: 2_000 });
  const sizes = new Map(stdout.split("\n").map((line) => line.split(" ") as [string, string | undefined]));
  const size = (link: string): number | null => (sizes.get(link) === undefined ? null : Number(sizes.get(link)));
  return found
    .map(({ pid, link, path }) => ({ pid, path, bytes: size(link) }))
    .sort((a, b) => (b.bytes ?? 0) - (a.bytes ?? 0));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // gone
  }
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return ""; // closed meanwhile
  }
}
