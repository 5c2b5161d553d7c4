// Who holds inotify instances and watches: the kernel counts them per user and tells nobody, so open files are looked through. A process is
// looked at again only when its number of open files has changed, or after some minutes.
import { readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import type { ProcessTable } from "../host/process-table.ts";

type Inotify = FactData["kernel"]["inotify"];
type Holder = Inotify["processes"][number];
type Seen = { files: number; at: number; instances: number; watches: number; uid: number };

const LIST_MAX = 10;
const AGAIN_MS = 300_000;
/** Processes with more open files than this are proxies and databases: looking through them costs more than it tells. */
const FILES_MAX = 20_000;
/** Open files that one look goes through at most: about 60 ms of CPU. The rest is looked at next time. */
const BUDGET = 20_000;

/** Watches in one /proc/PID/fdinfo file: a line each. */
export const countWatches = (fdinfo: string): number => fdinfo.match(/^inotify /gm)?.length ?? 0;

/** Sums of holders by user, and the largest of both, most instances first. */
export function topHolders(holders: readonly Holder[]): Pick<Inotify, "users" | "processes"> {
  const users = new Map<number, { uid: number; instances: number; watches: number }>();
  for (const { uid, instances, watches } of holders) {
    const sum = users.get(uid) ?? { uid, instances: 0, watches: 0 };
    users.set(uid, { uid, instances: sum.instances + instances, watches: sum.watches + watches });
  }
  const most = (a: { instances: number; watches: number }, b: { instances: number; watches: number }) =>
    b.instances - a.instances || b.watches - a.watches;
  return {
    users: [...users.values()].sort((a, b) => most(a, b) || a.uid - b.uid).slice(0, LIST_MAX),
    processes: [...holders].sort((a, b) => most(a, b) || a.pid - b.pid).slice(0, LIST_MAX),
  };
}

export class InotifyHolders {
  #seen = new Map<string, Seen>();

  /** The largest holders among the processes that are visible from here. */
  look(table: ProcessTable, now: number, root = "/proc"): Pick<Inotify, "users" | "processes"> {
    const kept = new Map<string, Seen>();
    const holders: Holder[] = [];
    const budget = { left: BUDGET };
    for (const p of table.all) {
      if (p.state === "Z") continue;
      const key = `${p.pid}/${p.startTicks}`;
      const seen = lookAt(`${root}/${p.pid}`, this.#seen.get(key) ?? null, budget, now);
      if (!seen) continue;
      kept.set(key, seen);
      const { instances, watches, uid } = seen;
      if (instances > 0) holders.push({ pid: p.pid, name: p.name, uid, instances, watches });
    }
    this.#seen = kept;
    return topHolders(holders);
  }
}

/** What is known of a process, or what a new look says where its number of open files changed and the budget allows it. Null: nothing is known. */
function lookAt(folder: string, known: Seen | null, budget: { left: number }, now: number): Seen | null {
  const isNeeded = (files: number) =>
    (known?.files !== files || now - known.at > AGAIN_MS) && files <= FILES_MAX && files <= budget.left;
  // Linux 6.2 and later say the number without listing them; earlier ones say 0.
  const told = openFilesOf(`${folder}/fd`);
  if (told === null) return null;
  if (told > 0 && !isNeeded(told)) return known;
  const fds = listOf(`${folder}/fd`);
  if (!fds) return null;
  if (!isNeeded(fds.length)) return known;
  budget.left -= fds.length;
  return { ...countOf(folder, fds), files: fds.length, at: now };
}

function openFilesOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch {
    return null; // gone
  }
}

function listOf(path: string): string[] | null {
  try {
    return readdirSync(path);
  } catch {
    return null; // gone, or not ours to see
  }
}

function countOf(folder: string, fds: readonly string[]): Pick<Seen, "instances" | "watches" | "uid"> {
  let instances = 0;
  let watches = 0;
  for (const fd of fds) {
    try {
      if (readlinkSync(`${folder}/fd/${fd}`) !== "anon_inode:inotify") continue;
      instances += 1;
      watches += countWatches(readFileSync(`${folder}/fdinfo/${fd}`, "utf8"));
    } catch {
      // closed meanwhile
    }
  }
  return { instances, watches, uid: instances > 0 ? uidOf(folder) : 0 };
}

function uidOf(folder: string): number {
  try {
    return statSync(folder).uid;
  } catch {
    return 0; // it has just ended
  }
}
