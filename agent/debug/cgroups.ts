// Control groups of a container for a debug report: its own and those above it (the pod's limit binds too), both versions.
import { dirname } from "node:path";
import type { DebugCgroup } from "../../protocol/debug.ts";
import { keyed } from "../collectors/cgroups.ts";
import { readText } from "../host/file.ts";
import type { Subject } from "./subject.ts";

const LEVELS_MAX = 5;
/** Of cgroup v1, where no limit is the largest page-aligned number. */
const UNLIMITED = 2 ** 60;

/** A number, null for "max" and for what is not there. */
export function limited(text: string | null): number | null {
  if (text === null || !/^-?\d+$/.test(text)) return null;
  const value = Number(text);
  return value < 0 || value >= UNLIMITED ? null : value;
}

/** `some avg10=1.23 …` of a pressure file. */
export function pressureOf(text: string | null): { some: number; full: number | null } | null {
  const of = (line: string) => new RegExp(`^${line} avg10=([\\d.]+)`, "m").exec(text ?? "")?.[1];
  const some = of("some");
  const full = of("full");
  return some === undefined ? null : { some: Number(some), full: full === undefined ? null : Number(full) };
}

/** Files by name, in whichever hierarchy has them. */
type Read = (name: string) => string | null;

/** cpu.max "quota period" or v1's two files → thousandths of a processor. */
export function cpuMax(read: Read): number | null {
  const [quota, period] = (read("cpu.max") ?? `${read("cpu.cfs_quota_us")} ${read("cpu.cfs_period_us")}`).split(" ");
  const [a, b] = [Number(quota), Number(period)];
  return a > 0 && b > 0 ? Math.round((a / b) * 1_000) : null;
}

/** One level as its files say it. */
export function levelOf(path: string, read: Read): DebugCgroup {
  const events = read("memory.events") ?? read("memory.oom_control");
  const state = read("freezer.state");
  const frozen = keyed(read("cgroup.events"), "frozen");
  return {
    path,
    memoryBytes: limited(read("memory.current") ?? read("memory.usage_in_bytes")),
    memoryPeakBytes: limited(read("memory.peak") ?? read("memory.max_usage_in_bytes")),
    memoryMaxBytes: limited(read("memory.max") ?? read("memory.limit_in_bytes")),
    oomKills: keyed(events, "oom_kill"),
    pids: limited(read("pids.current")),
    pidsMax: limited(read("pids.max")),
    pidsRefused: keyed(read("pids.events"), "max"),
    cpuMaxMillis: cpuMax(read),
    periods: keyed(read("cpu.stat"), "nr_periods"),
    throttledPeriods: keyed(read("cpu.stat"), "nr_throttled"),
    isFrozen: state !== null ? state !== "THAWED" : frozen === null ? null : frozen === 1,
    pressure: {
      cpu: pressureOf(read("cpu.pressure")),
      memory: pressureOf(read("memory.pressure")),
      io: pressureOf(read("io.pressure")),
    },
  };
}

/** The container's own group first. @throws when it has none */
export function readCgroups({ cgroups, containerId }: Pick<Subject, "cgroups" | "containerId">): DebugCgroup[] {
  const [first] = cgroups;
  if (!first) throw new Error(`no control group carries the id ${containerId.slice(0, 12)}`);
  const levels: DebugCgroup[] = [];
  for (let up = 0; up < LEVELS_MAX; up++) {
    const folders = cgroups.map(({ root, path }) => {
      let at = path;
      for (let i = 0; i < up; i++) at = dirname(at);
      return { root, at };
    });
    if (folders.every(({ at }) => at === "/" || at === ".")) break;
    const read: Read = (name) => {
      for (const { root, at } of folders) {
        const text = readText(`${root}${at}/${name}`);
        if (text !== null) return text;
      }
      return null;
    };
    levels.push(levelOf(folders[0]?.at ?? "", read));
  }
  return levels;
}
