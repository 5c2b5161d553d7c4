// Repairs of the machine: what they refuse, the values that they choose, and taking them back.
import { describe, expect, it } from "vitest";
import type { FactData } from "../../protocol/facts.ts";
import { actionsOf, contextOf, nth, refusals, undoOf } from "../../testing/catalogue.ts";
import { NOW, nodeFacts } from "../../testing/facts.ts";
import { base } from "../../testing/fault-parts.ts";
import { machineFaults } from "../../testing/faults-machine.ts";
import { loadKernelModules } from "./load-kernel-modules.ts";
import { raiseBpfJitLimit } from "./raise-bpf-jit-limit.ts";
import { raiseFileMax } from "./raise-file-max.ts";
import { raiseInotifyLimits } from "./raise-inotify-limits.ts";
import { raisePidMax } from "./raise-pid-max.ts";
import { doubled } from "./raise-sysctl.ts";
import { thawFilesystem } from "./thaw-filesystem.ts";

const set = (key: string, expected: string, value: string) => ({
  type: "sysctl.set",
  params: { key, expected, value },
});
const kernel = (over: Partial<FactData["kernel"]>) => nodeFacts({ kernel: { ...base.kernel, ...over } });

describe("doubled", () => {
  it.each([
    [90, 100, 0.7, 1_000, 200],
    [90, 100, 0.2, 1_000, 800],
    [90, 100, 0.7, 150, 150],
    [90, 100, 0.5, 150, null],
    [90, 100, 0.7, 100, null],
    [10, 0, 0.7, 100, null],
  ])("%d of %d to below %d, at most %d: %s", (used, max, ratio, cap, value) =>
    expect(doubled(used, max, ratio, cap)).toBe(value),
  );
});

describe("limits of the kernel", () => {
  const pids = nth(machineFaults["pids-almost-gone"], 0);
  const threads = nth(machineFaults["pids-almost-gone"], 1);

  it("raises the limit that binds, and only what is below the new one", () => {
    const ctx = contextOf("pids-almost-gone", pids.facts);
    expect(refusals(raisePidMax, ctx)).toEqual([]);
    expect(actionsOf(raisePidMax, ctx)).toEqual([set("kernel.pid_max", "32768", "65536")]);
    expect(undoOf(raisePidMax, ctx, true)).toEqual([set("kernel.pid_max", "65536", "32768")]);
    expect(undoOf(raisePidMax, ctx, false)).toEqual([]);
    expect(actionsOf(raisePidMax, contextOf("pids-almost-gone", threads.facts))).toEqual([
      set("kernel.threads-max", "30000", "60000"),
    ]);
  });

  it("raises both where both bind", () => {
    const facts = kernel({ threads: { used: 30_000, max: 32_768, pidMax: 32_768, threadsMax: 40_000 } });
    expect(actionsOf(raisePidMax, contextOf("pids-almost-gone", facts)).map((a) => a.params)).toEqual([
      { key: "kernel.pid_max", expected: "32768", value: "65536" },
      { key: "kernel.threads-max", expected: "40000", value: "65536" },
    ]);
  });

  it("refuses beyond what the kernel or the memory allows", () => {
    const most = 4_194_304;
    const full = kernel({ threads: { used: most * 0.9, max: most, pidMax: most, threadsMax: most } });
    expect(refusals(raisePidMax, contextOf("pids-almost-gone", full))).toEqual(["can-rise"]);
    const files = nth(machineFaults["files-almost-gone"], 0);
    const ctx = contextOf("files-almost-gone", files.facts);
    expect(actionsOf(raiseFileMax, ctx)).toEqual([set("fs.file-max", "100000", "200000")]);
    // 85,000 files of 1 KiB in a quarter of 256 MiB: no room for what would be enough.
    const small = {
      ...files.facts,
      vm: { data: { ...base.vm, memoryTotalBytes: 256 * 1024 ** 2 }, at: NOW, error: null },
    };
    expect(refusals(raiseFileMax, contextOf("files-almost-gone", small))).toEqual(["can-rise"]);
    const jit = nodeFacts({ vm: { ...base.vm, bpfJitBytes: 500 * 1024 ** 2, bpfJitLimitBytes: 512 * 1024 ** 2 } });
    expect(refusals(raiseBpfJitLimit, contextOf("bpf-jit-almost-full", jit))).toEqual(["can-rise"]);
  });

  it("raises the inotify limit that the finding names", () => {
    const instances = nth(machineFaults["inotify-instances-low"], 0);
    const watches = nth(machineFaults["inotify-watches-low"], 0);
    expect(actionsOf(raiseInotifyLimits, contextOf("inotify-instances-low", instances.facts))).toEqual([
      set("fs.inotify.max_user_instances", "128", "256"),
    ]);
    expect(actionsOf(raiseInotifyLimits, contextOf("inotify-watches-low", watches.facts))).toEqual([
      set("fs.inotify.max_user_watches", "65536", "131072"),
    ]);
    const ctx = contextOf("inotify-instances-low", instances.facts);
    const foreign = { ...ctx, finding: { ...ctx.finding, params: { key: "kernel.core_pattern" } } };
    expect(refusals(raiseInotifyLimits, foreign)).toEqual(["still-there", "can-rise"]);
    expect(actionsOf(raiseInotifyLimits, foreign)).toEqual([]);
  });
});

describe("thaw-filesystem", () => {
  const frozen = nth(machineFaults["filesystem-frozen"], 0);
  const stuck = nth(machineFaults["filesystem-frozen"], 1);
  const seen = (over: Partial<FactData["mountHealth"]["writable"][number]>) =>
    nodeFacts({
      mountHealth: {
        ...base.mountHealth,
        writable: (frozen.facts.mountHealth?.data?.writable ?? []).map((fs) => ({ ...fs, ...over })),
      },
    });

  it("thaws exactly this mount point", () => {
    const ctx = contextOf("filesystem-frozen", frozen.facts);
    expect(refusals(thawFilesystem, ctx)).toEqual([]);
    expect(actionsOf(thawFilesystem, ctx)).toEqual([
      { type: "filesystem.thaw", params: { mountPoint: "/var/lib/containerd" } },
    ]);
  });

  it("leaves a snapshot its time, and a slow disk alone", () => {
    expect(
      refusals(thawFilesystem, contextOf("filesystem-frozen", frozen.facts, seen({ since: NOW - 899_000 }))),
    ).toEqual(["no-snapshot"]);
    const told = (over: Partial<FactData["mountHealth"]>) => {
      const facts = seen({ since: NOW - 899_000 });
      const data = facts.mountHealth?.data;
      return data ? { ...facts, mountHealth: { at: NOW, error: null, data: { ...data, ...over } } } : facts;
    };
    const asked = (over: Partial<FactData["mountHealth"]>) =>
      refusals(thawFilesystem, contextOf("filesystem-frozen", frozen.facts, told(over)));
    expect(asked({ thawAfterMs: 600_000 })).toEqual([]);
    expect(asked({ thawAfterMs: 3_600_000 })).toEqual(["no-snapshot"]);
    expect(asked({ thawAfterMs: 600_000, backup: "qemu-ga: the hypervisor takes a snapshot" })).toEqual(["no-backup"]);
    expect(refusals(thawFilesystem, contextOf("filesystem-frozen", stuck.facts))).toContain("still-there");
    const thawed = contextOf("filesystem-frozen", frozen.facts, seen({ state: "ok", since: null }));
    expect(actionsOf(thawFilesystem, thawed)).toEqual([]);
  });
});

describe("load-kernel-modules", () => {
  it("loads what container nodes need, nothing else", () => {
    const missing = nth(machineFaults["kernel-modules-missing"], 0);
    const ctx = contextOf("kernel-modules-missing", missing.facts);
    expect(actionsOf(loadKernelModules, ctx)).toEqual([{ type: "kernel.load-module", params: { name: "ip_vs" } }]);
    const other = kernel({ modules: { pcspkr: false }, modulesWanted: ["pcspkr"] });
    expect(refusals(loadKernelModules, contextOf("kernel-modules-missing", other))).toEqual(["may-be-loaded"]);
    expect(actionsOf(loadKernelModules, contextOf("kernel-modules-missing", other))).toEqual([]);
  });
});
