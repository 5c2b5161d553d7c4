// Fact "kernel": limits that are the whole node's, modules that container nodes need, cgroups left behind, crash dumps.
import { existsSync, readdirSync, statSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import { significant } from "../host/round.ts";
import { defineCollector } from "./define.ts";
import { InotifyHolders } from "./inotify.ts";
import { parseFileNr } from "./settings.ts";

type Kernel = FactData["kernel"];

/** Modules that container nodes need, and a file that is there once the module (or its built-in twin) works; "fs:" asks /proc/filesystems. */
const TRACES: Record<string, string> = {
  overlay: "fs:overlay",
  fuse: "fs:fuse",
  br_netfilter: "/proc/sys/net/bridge",
  nf_conntrack: "/proc/sys/net/netfilter/nf_conntrack_max",
  ip_vs: "/proc/net/ip_vs",
};

/** Which of these modules are there. */
export function modulesPresent(
  names: readonly string[],
  loaded: string,
  filesystems: string,
  exists: (path: string) => boolean,
): Record<string, boolean> {
  const running = new Set(loaded.split("\n").map((line) => line.split(" ")[0] ?? ""));
  const types = new Set(filesystems.split("\n").map((line) => line.trim().split(/\s+/).at(-1) ?? ""));
  const isThere = (name: string): boolean => {
    const trace = TRACES[name];
    if (running.has(name) || exists(`/sys/module/${name}`)) return true;
    if (trace?.startsWith("fs:")) return types.has(trace.slice(3));
    return trace !== undefined && exists(trace);
  };
  return Object.fromEntries(names.map((name) => [name, isThere(name)]));
}

/** Third column of /proc/cgroups by controller, to two digits. */
export function parseCgroupCounts(text: string): Record<string, number> {
  const rows = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return Object.fromEntries(
    rows.flatMap((line): [string, number][] => {
      const [name, , count] = line.split(/\s+/);
      return name && count ? [[name, significant(Number(count))]] : [];
    }),
  );
}

/** Cgroups that are removed and still held (cgroup.stat, kernel Documentation/admin-guide/cgroup-v2.rst); null on cgroup v1. */
export function parseDying(text: string | null): number | null {
  const match = /^nr_dying_descendants (\d+)$/m.exec(text ?? "");
  return match ? significant(Number(match[1]), 1) : null;
}

const CRASH = "/var/crash";
const DUMPS_MAX = 10;
/** kdump writes vmcore (Red Hat), dump.* (Debian), vmcore.flat and vmcore-incomplete. */
const isDump = (name: string): boolean => /^(vmcore|dump\.\d+)/.test(name) && !/dmesg/.test(name);

/** Dumps of the kernel, one folder deep, newest first. */
export function crashDumps(root = CRASH): Kernel["crashDumps"] {
  const names = (path: string): string[] => {
    try {
      return readdirSync(path).slice(0, 200);
    } catch {
      return []; // not there, or a file
    }
  };
  const paths = names(root).flatMap((name) =>
    isDump(name)
      ? [`${root}/${name}`]
      : names(`${root}/${name}`)
          .filter(isDump)
          .map((file) => `${root}/${name}/${file}`),
  );
  const found = paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat?.isFile() ? [{ path, at: Math.floor(stat.mtimeMs), sizeBytes: stat.size }] : [];
  });
  return found.sort((a, b) => b.at - a.at).slice(0, DUMPS_MAX);
}

/** Far from the limit one digit is enough, near it two. */
const tidyUse = (used: number, max: number): number => significant(used, used > max / 2 ? 2 : 1);

/** Tasks against the lower of both limits: rounded by the higher one, their number would jump over the lower or hide below it. */
export function threadsOf(used: number, pidMax: number, threadsMax: number): Kernel["threads"] {
  const max = Math.min(pidMax, threadsMax || pidMax);
  return { used: tidyUse(used, max), max, pidMax, threadsMax };
}

const holders = new InotifyHolders();

export const kernel = defineCollector({
  kind: "kernel",
  everyMs: 30_000,
  timeoutMs: 15_000,
  read: ({ config, table: reader }) => {
    const table = reader.read(5_000);
    const now = Date.now();
    const pidMax = readNumber("/proc/sys/kernel/pid_max") ?? 0;
    const threadsMax = readNumber("/proc/sys/kernel/threads-max") ?? 0;
    const files = parseFileNr(readText("/proc/sys/fs/file-nr") ?? "");
    const used = table.all.reduce((sum, p) => sum + p.threads, 0);
    const wanted = config.kernelModules;
    return {
      tainted: readNumber("/proc/sys/kernel/tainted") ?? 0,
      threads: threadsOf(used, pidMax, threadsMax),
      openFiles: { used: tidyUse(files.open, files.max), max: files.max },
      modules: modulesPresent(
        [...new Set([...Object.keys(TRACES), ...wanted])],
        readText("/proc/modules") ?? "",
        readText("/proc/filesystems") ?? "",
        existsSync,
      ),
      modulesWanted: wanted,
      cgroups: parseCgroupCounts(readText("/proc/cgroups") ?? ""),
      dyingCgroups: parseDying(
        readText("/sys/fs/cgroup/cgroup.stat") ?? readText("/sys/fs/cgroup/unified/cgroup.stat"),
      ),
      inotify: {
        instancesMax: readNumber("/proc/sys/fs/inotify/max_user_instances"),
        watchesMax: readNumber("/proc/sys/fs/inotify/max_user_watches"),
        ...holders.look(table, now),
      },
      crashDumps: crashDumps(),
    };
  },
});
