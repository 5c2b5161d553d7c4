// Fact "vm": paging, CPU time lost to others, and memory that nobody gets back, from /proc/vmstat, /proc/stat and /proc/meminfo.
import { readFileSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { readNumber, readText } from "../host/file.ts";
import { floorTo, significant, twentieth } from "../host/round.ts";
import { defineCollector } from "./define.ts";

type Vm = FactData["vm"];
const PAGES_OF = ["pgmajfault", "pswpin", "pswpout"] as const;

/** CPU time by kind, ticks, of one line of /proc/stat. */
type Times = { total: number; iowait: number; steal: number; softirq: number };
export type VmCounters = {
  at: number;
  pages: Record<(typeof PAGES_OF)[number], number>;
  oomKills: number | null;
  all: Times;
  cpus: Times[];
  runnable: number;
  blocked: number;
};

const timesOf = (line: string): Times => {
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return { total: user + nice + system + idle + iowait + irq + softirq + steal, iowait, steal, softirq };
};

/** The counters of /proc/vmstat and /proc/stat. */
export function parseCounters(vmstat: string, stat: string, at: number): VmCounters {
  const page = (name: string): number | null => {
    const match = new RegExp(`^${name} (\\d+)$`, "m").exec(vmstat);
    return match ? Number(match[1]) : null;
  };
  const tasks = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, "m").exec(stat)?.[1] ?? 0);
  const lines = stat.split("\n").filter((line) => line.startsWith("cpu"));
  return {
    at,
    pages: { pgmajfault: page("pgmajfault") ?? 0, pswpin: page("pswpin") ?? 0, pswpout: page("pswpout") ?? 0 },
    oomKills: page("oom_kill"),
    all: timesOf(lines[0] ?? ""),
    cpus: lines.slice(1).map(timesOf),
    runnable: tasks("procs_running"),
    blocked: tasks("procs_blocked"),
  };
}

type Rates = Pick<
  Vm,
  | "windowMs"
  | "majorFaultsPerS"
  | "swapInPagesPerS"
  | "swapOutPagesPerS"
  | "iowaitRatio"
  | "stealRatio"
  | "softirqRatio"
  | "softirqMaxRatio"
>;

/** What happened between two looks; all null without an earlier one. */
export function ratesOf(before: VmCounters | null, now: VmCounters): Rates {
  const windowMs = before ? now.at - before.at : 0;
  if (!before || windowMs <= 0)
    return {
      windowMs: 0,
      majorFaultsPerS: null,
      swapInPagesPerS: null,
      swapOutPagesPerS: null,
      iowaitRatio: null,
      stealRatio: null,
      softirqRatio: null,
      softirqMaxRatio: null,
    };
  const perS = (name: (typeof PAGES_OF)[number]) =>
    significant(Math.max(0, now.pages[name] - before.pages[name]) / (windowMs / 1_000), 1);
  const share = (a: Times | undefined, b: Times, kind: "iowait" | "steal" | "softirq"): number =>
    a && b.total > a.total ? Math.max(0, b[kind] - a[kind]) / (b.total - a.total) : 0;
  return {
    windowMs: floorTo(windowMs, 5_000),
    majorFaultsPerS: perS("pgmajfault"),
    swapInPagesPerS: perS("pswpin"),
    swapOutPagesPerS: perS("pswpout"),
    iowaitRatio: twentieth(share(before.all, now.all, "iowait")),
    stealRatio: twentieth(share(before.all, now.all, "steal")),
    softirqRatio: twentieth(share(before.all, now.all, "softirq")),
    softirqMaxRatio: twentieth(Math.max(0, ...now.cpus.map((cpu, i) => share(before.cpus[i], cpu, "softirq")))),
  };
}

type Memory = Pick<
  Vm,
  | "memoryTotalBytes"
  | "memoryAvailableBytes"
  | "swapTotalBytes"
  | "swapFreeBytes"
  | "hardwareCorruptedBytes"
  | "slabUnreclaimableBytes"
>;

/** /proc/meminfo; what is plentiful only in twentieths, what is short to two digits. */
export function parseMemory(text: string): Memory {
  const read = (key: string): number | null => {
    const match = new RegExp(`^${key}:\\s+(\\d+) kB`, "m").exec(text);
    return match ? Number(match[1]) * 1024 : null;
  };
  const total = read("MemTotal") ?? 0;
  const tidy = (value: number, of: number): number =>
    of > 0 && value > of / 5 ? floorTo(value, Math.ceil(of / 20)) : significant(value);
  const swapTotal = read("SwapTotal") ?? 0;
  return {
    memoryTotalBytes: total,
    memoryAvailableBytes: tidy(read("MemAvailable") ?? read("MemFree") ?? 0, total),
    swapTotalBytes: swapTotal,
    swapFreeBytes: tidy(read("SwapFree") ?? 0, swapTotal),
    hardwareCorruptedBytes: read("HardwareCorrupted"),
    slabUnreclaimableBytes: total > 0 ? floorTo(read("SUnreclaim") ?? 0, Math.ceil(total / 20)) : 0,
  };
}

/** Bytes of compiled eBPF programs in /proc/vmallocinfo; null where the kernel does not tell them from modules (Linux 6.10). */
export function parseJitBytes(vmallocinfo: string): number | null {
  if (/ execmem_/.test(vmallocinfo)) return null;
  let sum = 0;
  for (const match of vmallocinfo.matchAll(/^\S+\s+(\d+) (?:bpf_jit_alloc_exec|bpf_prog_pack|alloc_new_pack)/gm))
    sum += Number(match[1]);
  return sum;
}

/** The list of the kernel's areas is long: it is read this often, ms. */
const JIT_EVERY_MS = 300_000;
let jit: { at: number; bytes: number | null } = { at: 0, bytes: null };

function jitBytes(now: number): number | null {
  if (now - jit.at < JIT_EVERY_MS) return jit.bytes;
  const bytes = parseJitBytes(readText("/proc/vmallocinfo") ?? " execmem_");
  jit = { at: now, bytes: bytes === null ? null : floorTo(bytes, 1_048_576) };
  return jit.bytes;
}

/** Entropy beyond this is plenty, bits: counted no further, it moves all the time. */
const ENTROPY_PLENTY = 1_000;

let before: VmCounters | null = null;

export const vm = defineCollector({
  kind: "vm",
  everyMs: 15_000,
  timeoutMs: 5_000,
  read: () => {
    const at = Date.now();
    const now = parseCounters(readFileSync("/proc/vmstat", "utf8"), readFileSync("/proc/stat", "utf8"), at);
    const rates = ratesOf(before, now);
    before = now;
    const entropy = readNumber("/proc/sys/kernel/random/entropy_avail");
    return {
      ...rates,
      runnable: floorTo(now.runnable, 4),
      blocked: floorTo(now.blocked, 4),
      oomKills: now.oomKills,
      ...parseMemory(readFileSync("/proc/meminfo", "utf8")),
      entropyBits: entropy === null ? null : Math.min(ENTROPY_PLENTY, floorTo(entropy, 20)),
      entropyPoolBits: readNumber("/proc/sys/kernel/random/poolsize"),
      bpfJitBytes: jitBytes(at),
      bpfJitLimitBytes: readNumber("/proc/sys/net/core/bpf_jit_limit"),
    };
  },
});
