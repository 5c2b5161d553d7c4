// Levels of the machine's checks: between raise and clear a finding stays when it is open and does not open when it is not.
import { describe, expect, it } from "vitest";
import type { FactData, Facts } from "../../protocol/facts.ts";
import { problemsOf, unknownOf } from "../../testing/catalogue.ts";
import { aFilesystem, NOW, nodeFacts } from "../../testing/facts.ts";
import { base } from "../../testing/fault-parts.ts";
import type { Check } from "../define.ts";
import { bpfJitAlmostFull } from "./bpf-jit-almost-full.ts";
import { cgroupsLeaked } from "./cgroups-leaked.ts";
import { cpuSoftirq } from "./cpu-softirq.ts";
import { cpuSteal } from "./cpu-steal.ts";
import { crashDumpFound } from "./crash-dump-found.ts";
import { diskBusy } from "./disk-busy.ts";
import { diskWillFillSoon } from "./disk-will-fill-soon.ts";
import { entropyLow } from "./entropy-low.ts";
import { filesAlmostGone } from "./files-almost-gone.ts";
import { filesystemFrozen } from "./filesystem-frozen.ts";
import { fuseCongested } from "./fuse-congested.ts";
import { inotifyInstancesLow } from "./inotify-instances-low.ts";
import { inotifyWatchesLow } from "./inotify-watches-low.ts";
import { loadTooHigh } from "./load-too-high.ts";
import { majorFaultsStorm } from "./major-faults-storm.ts";
import { memoryLow } from "./memory-low.ts";
import { memoryPressure } from "./memory-pressure.ts";
import { nfsNotAnswering } from "./nfs-not-answering.ts";
import { overheating } from "./overheating.ts";
import { pidsAlmostGone } from "./pids-almost-gone.ts";
import { slabGrowing } from "./slab-growing.ts";
import { swapFilling } from "./swap-filling.ts";
import { zramFilling } from "./zram-filling.ts";

const GIB = 1024 ** 3;
const vm = (over: Partial<FactData["vm"]>) => nodeFacts({ vm: { ...base.vm, ...over } });
const kernel = (over: Partial<FactData["kernel"]>) => nodeFacts({ kernel: { ...base.kernel, ...over } });
const mounts = (over: Partial<FactData["mountHealth"]>) => nodeFacts({ mountHealth: { ...base.mountHealth, ...over } });
const inotify = (instances: number, watches: number) =>
  kernel({ inotify: { ...base.kernel.inotify, users: [{ uid: 0, instances, watches }] } });

/** A level of a check: facts by value, and values that raise, that only keep, and that clear. */
type Level = {
  check: Check;
  subject: string;
  facts: (value: number) => Facts;
  raise: number;
  keep: number;
  clear: number;
};

const levels: Level[] = [
  {
    check: memoryLow,
    subject: "memory",
    facts: (v) => vm({ memoryAvailableBytes: v * GIB }),
    raise: 0.3,
    keep: 0.5,
    clear: 0.7,
  },
  {
    check: memoryPressure,
    subject: "memory",
    facts: (v) => {
      const all = { avg10: v, avg60: v, avg300: v };
      return nodeFacts({ pressure: { cpu: null, memory: { some: all, full: all }, io: null } });
    },
    raise: 20,
    keep: 15,
    clear: 9.5,
  },
  {
    check: swapFilling,
    subject: "swap",
    facts: (v) => vm({ swapTotalBytes: 100, swapFreeBytes: 100 - v }),
    raise: 90,
    keep: 85,
    clear: 79,
  },
  {
    check: majorFaultsStorm,
    subject: "faults",
    facts: (v) => vm({ majorFaultsPerS: v, memoryAvailableBytes: GIB }),
    raise: 1_000,
    keep: 600,
    clear: 400,
  },
  {
    check: slabGrowing,
    subject: "slab",
    facts: (v) => vm({ slabUnreclaimableBytes: v * 16 * GIB }),
    raise: 0.25,
    keep: 0.22,
    clear: 0.19,
  },
  { check: cpuSteal, subject: "cpu", facts: (v) => vm({ stealRatio: v }), raise: 0.2, keep: 0.15, clear: 0.05 },
  { check: cpuSoftirq, subject: "cpu", facts: (v) => vm({ softirqMaxRatio: v }), raise: 0.8, keep: 0.7, clear: 0.55 },
  {
    check: entropyLow,
    subject: "entropy",
    facts: (v) => vm({ entropyBits: v, entropyPoolBits: 4_096 }),
    raise: 80,
    keep: 160,
    clear: 200,
  },
  {
    check: bpfJitAlmostFull,
    subject: "bpf",
    facts: (v) => vm({ bpfJitBytes: v, bpfJitLimitBytes: 100 }),
    raise: 90,
    keep: 85,
    clear: 79,
  },
  {
    check: loadTooHigh,
    subject: "load",
    facts: (v) => nodeFacts({ resources: { ...base.resources, load1: v, load5: v, load15: 0 } }),
    raise: 32,
    keep: 25,
    clear: 23,
  },
  {
    check: loadTooHigh,
    subject: "load",
    facts: (v) => nodeFacts({ resources: { ...base.resources, load1: v, load5: v, load15: v } }),
    raise: 16,
    keep: 13,
    clear: 11,
  },
  {
    check: pidsAlmostGone,
    subject: "pids",
    facts: (v) => kernel({ threads: { used: v, max: 100, pidMax: 100, threadsMax: 200 } }),
    raise: 85,
    keep: 75,
    clear: 69,
  },
  {
    check: filesAlmostGone,
    subject: "files",
    facts: (v) => kernel({ openFiles: { used: v, max: 100 } }),
    raise: 80,
    keep: 75,
    clear: 69,
  },
  { check: inotifyInstancesLow, subject: "uid 0", facts: (v) => inotify(v, 0), raise: 110, keep: 95, clear: 85 },
  {
    check: inotifyWatchesLow,
    subject: "uid 0",
    facts: (v) => inotify(0, v),
    raise: 60_000,
    keep: 50_000,
    clear: 40_000,
  },
  {
    check: cgroupsLeaked,
    subject: "cgroups",
    facts: (v) => kernel({ cgroups: { memory: v } }),
    raise: 50_000,
    keep: 45_000,
    clear: 39_000,
  },
  {
    check: cgroupsLeaked,
    subject: "cgroups",
    facts: (v) => kernel({ dyingCgroups: v }),
    raise: 20_000,
    keep: 15_000,
    clear: 9_000,
  },
  {
    check: zramFilling,
    subject: "zram0",
    facts: (v) =>
      nodeFacts({
        blockDevices: { ...base.blockDevices, zram: [{ name: "zram0", sizeBytes: 100, dataBytes: v, memoryBytes: 1 }] },
      }),
    raise: 90,
    keep: 85,
    clear: 79,
  },
  {
    check: diskBusy,
    subject: "vda",
    facts: (v) => {
      const disk = { name: "vda", sizeBytes: GIB, readOnly: false, busyRatio: 1, awaitMs: v, queue: 1, iops: 50 };
      return nodeFacts({ blockDevices: { ...base.blockDevices, disks: [disk] } });
    },
    raise: 500,
    keep: 200,
    clear: 50,
  },
  {
    check: diskWillFillSoon,
    subject: "/var/lib/containerd",
    facts: (v) =>
      nodeFacts({
        filesystems: [aFilesystem(0.7, 0.1)],
        mountHealth: {
          ...base.mountHealth,
          growth: [{ mountPoint: "/var/lib/containerd", bytesPerHour: (30 * GIB) / v, overMs: 3_600_000 }],
        },
      }),
    raise: 7,
    keep: 11,
    clear: 13,
  },
  {
    check: fuseCongested,
    subject: "/mnt/x",
    facts: (v) =>
      mounts({
        fuse: [
          {
            connection: "1",
            mountPoint: "/mnt/x",
            type: "fuse.x",
            waiting: v,
            maxBackground: 12,
            congestionThreshold: 9,
          },
        ],
      }),
    raise: 10,
    keep: 6,
    clear: 4,
  },
  {
    check: overheating,
    subject: "c s",
    facts: (v) =>
      nodeFacts({
        hardware: {
          ...base.hardware,
          sensors: [{ chip: "c", label: "s", celsius: v, criticalC: 100, alarm: false, criticalAlarm: false }],
        },
      }),
    raise: 95,
    keep: 90,
    clear: 85,
  },
];

describe("levels", () => {
  it.each(levels.map((level) => [level.check.id, level] as const))(
    "%s",
    (_id, { check, subject, facts, raise, keep, clear }) => {
      expect(problemsOf(check, facts(raise)).map((p) => p.subject)).toEqual([subject]);
      expect(problemsOf(check, facts(keep))).toEqual([]);
      expect(problemsOf(check, facts(keep), [subject]).map((p) => p.subject)).toEqual([subject]);
      expect(problemsOf(check, facts(clear), [subject])).toEqual([]);
    },
  );
});

describe("unknown", () => {
  const noRates = vm({ majorFaultsPerS: null, stealRatio: null, softirqMaxRatio: null });
  it.each([
    [majorFaultsStorm, noRates],
    [cpuSteal, noRates],
    [cpuSoftirq, noRates],
    [memoryLow, vm({ memoryTotalBytes: 0 })],
    [pidsAlmostGone, kernel({ threads: { used: 1, max: 0, pidMax: 0, threadsMax: 0 } })],
    [filesAlmostGone, kernel({ openFiles: { used: 1, max: 0 } })],
  ] as const)("one look without rates or limits says nothing (%#)", (check, facts) =>
    expect(unknownOf(check, facts)).not.toBeNull(),
  );
});

describe("severity and cause", () => {
  it("grows with what is left", () => {
    expect(problemsOf(memoryLow, vm({ memoryAvailableBytes: 0.1 * GIB }))[0]?.severity).toBe("critical");
    expect(problemsOf(memoryLow, vm({ memoryAvailableBytes: 0.25 * GIB }))[0]?.severity).toBe("warning");
    // On a small node the absolute floor counts.
    expect(problemsOf(memoryLow, vm({ memoryTotalBytes: GIB, memoryAvailableBytes: 0.09 * GIB }))).toHaveLength(1);
  });

  it("a file server is the cause of all its mounts on all nodes", () => {
    const share = (mountPoint: string, server: string) => ({
      mountPoint,
      type: "nfs",
      server,
      state: "silent" as const,
      error: "no answer within 4000 ms",
      since: NOW - 60_000,
    });
    const found = problemsOf(
      nfsNotAnswering,
      mounts({ network: [share("/a", "nas"), share("/b", "nas"), share("/c", "other")] }),
    );
    expect(found.map((p) => [p.subject, p.causeKey])).toEqual([
      ["nas", "nfs:nas"],
      ["other", "nfs:other"],
    ]);
  });

  it("a frozen file system is found within two looks, a busy one only after two minutes", () => {
    const at = (state: "frozen" | "stuck", ms: number) =>
      mounts({
        writable: [
          {
            ...base.mountHealth.writable[0],
            mountPoint: "/",
            device: "d",
            type: "ext4",
            holds: [],
            state,
            waitChannel: null,
            since: NOW - ms,
            error: null,
          },
        ],
      });
    expect(problemsOf(filesystemFrozen, at("frozen", 4_999))).toEqual([]);
    expect(problemsOf(filesystemFrozen, at("frozen", 5_000))).toHaveLength(1);
    expect(problemsOf(filesystemFrozen, at("stuck", 119_999))).toEqual([]);
    expect(problemsOf(filesystemFrozen, at("stuck", 120_000))).toHaveLength(1);
  });

  it("an old crash dump is history", () => {
    const dump = (days: number) =>
      kernel({ crashDumps: [{ path: "/var/crash/x/vmcore", at: NOW - days * 86_400_000, sizeBytes: 1 }] });
    expect(problemsOf(crashDumpFound, dump(6.9))).toHaveLength(1);
    expect(problemsOf(crashDumpFound, dump(7))).toEqual([]);
  });
});
