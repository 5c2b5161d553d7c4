// Ends what the accounts of the server's processes still run on this data folder: whoever got in before must not be there when secrets are handed out.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { serverProcesses } from "../../server/core/secrets.ts";
import type { DataPaths } from "../paths.ts";
import { identify, type ProcessId, stopProcess } from "../proc.ts";
import { accountNamed } from "../system-user.ts";

/** Rounds of looking and ending: what forks meanwhile is found in the next. */
const ROUNDS_MAX = 20;

/** Kills them until there is none. Other consoles of this machine run under the same accounts: theirs have another data folder and stay. Needs root. */
export async function endLeftovers(paths: DataPaths, note: (text: string) => void): Promise<void> {
  if (process.getuid?.() !== 0) return;
  const uids = serverProcesses.flatMap((name) => accountNamed(`nodeops-${name}`)?.uid ?? []);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const found = leftovers(paths.dir, uids);
    if (found.length === 0) return;
    for (const id of found) {
      note(`ending process ${id.pid}, left over from an earlier start`);
      await stopProcess(id, ["SIGKILL"], 2_000);
    }
  }
}

/** Processes of these users that were started with this data folder, the very folder and not only its name (containers may have one of that name too). */
export function leftovers(dir: string, uids: readonly number[]): ProcessId[] {
  return readdirSync("/proc").flatMap((name) => {
    const id = /^\d+$/.test(name) ? identify(Number(name)) : undefined;
    return id && id.pid !== process.pid && isOf(id.pid, dir, uids) ? [id] : []; // the identity first: it is proven again before the signal
  });
}

function isOf(pid: number, dir: string, uids: readonly number[]): boolean {
  try {
    const uid = /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    if (!uids.includes(Number(uid))) return false;
    if (!readFileSync(`/proc/${pid}/environ`, "utf8").split("\0").includes(`NODEOPS_DATA=${dir}`)) return false;
    const [theirs, ours] = [statSync(`/proc/${pid}/root${dir}`), statSync(dir)];
    return theirs.dev === ours.dev && theirs.ino === ours.ino;
  } catch {
    return false; // gone meanwhile
  }
}
