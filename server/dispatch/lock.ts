// One dispatcher per folder: two would each count only their own half of what was signed.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { writeDurably } from "../core/durable.ts";
import { dispatcherFolder } from "../core/secrets.ts";

/** Start time of a process in clock ticks (/proc/PID/stat, field 22), null when there is none. */
function startTicks(pid: number): string | null {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? null;
  } catch {
    return null;
  }
}

function holder(path: string): number | null {
  try {
    const [pid = "", ticks] = readFileSync(path, "utf8").trim().split(" ");
    return Number(pid) !== process.pid && ticks !== undefined && startTicks(Number(pid)) === ticks ? Number(pid) : null;
  } catch {
    return null;
  }
}

/** Takes the folder for this process; a process that has ended holds nothing. @throws Error when another one lives in it */
export function takeFolder(dataDir: string): void {
  const path = join(dispatcherFolder(dataDir), "pid");
  const other = holder(path);
  if (other !== null) throw new Error(`${dispatcherFolder(dataDir)} is used by another dispatcher, process ${other}`);
  writeDurably(path, `${process.pid} ${startTicks(process.pid)}\n`);
}
