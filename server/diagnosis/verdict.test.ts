// "Your container or our node?" as a table: what is seen → whose it is and the cause.
import { expect, test } from "vitest";
import type { Area, Severity } from "../../checks/define.ts";
import { sideOfCheck } from "./check-sides.ts";
import type { Container } from "./symptom-parts.ts";
import { decide, type Look, type SeenFinding } from "./verdict.ts";

const MIB = 1_048_576;
const container = (own: Partial<Container> = {}): Container => ({
  state: "running",
  exitCode: null,
  reason: null,
  ageMs: 3_600_000,
  restarts: 0,
  lastExit: null,
  memoryLimitBytes: 256 * MIB,
  memoryUsedBytes: 100 * MIB,
  memoryPeakBytes: 120 * MIB,
  oomAgoMs: null,
  pidsCurrent: 10,
  pidsMax: 100,
  pidsRefusedAgoMs: null,
  throttledRatio: 0,
  openFiles: 5,
  openFilesMax: 1024,
  isFrozen: false,
  frozenBy: null,
  health: null,
  ...own,
});
const ended = (exitCode: number, own: Partial<Container> = {}) => container({ state: "exited", exitCode, ...own });

const found = (checkId: string, area: Area, severity: Severity = "critical", isAboutSubject = false): SeenFinding => ({
  id: checkId,
  checkId,
  area,
  severity,
  side: sideOfCheck(checkId, true),
  isAboutSubject,
  title: { en: `Trouble of ${checkId}`, zh: `${checkId} 异常` },
});
const node = { isReporting: true, state: "healthy", isInMaintenance: false };
const look = (own: Partial<Look>): Look => ({ node, container: container(), findings: [], said: [], ...own });
const causes: Record<string, string> = {
  "runtime-hung": "runtime-down",
  "lxcfs-dead": "lxcfs-transport-endpoint",
  "conntrack-table-full": "conntrack-full",
  "filesystem-read-only": "fs-readonly",
};
const judged = (own: Partial<Look>) => {
  const { side, isWell, causes: named } = decide(look(own), (id) => causes[id] ?? null);
  return [side, isWell, named[0]?.id ?? null];
};

const runtimeHung = found("runtime-hung", "runtime");
const lxcfsDead = found("lxcfs-dead", "container");
const nodeOom = found("node-out-of-memory", "memory");

test.each<[string, Partial<Look>, [string, boolean, string | null]]>([
  [
    "127, and its shim is left over",
    { container: ended(127), findings: [found("orphan-shim", "runtime", "warning", true)] },
    ["yours", false, "exec-not-found"],
  ],
  [
    "runs, advice about it",
    { findings: [found("environment-huge", "workload", "info", true)] },
    ["unsure", true, null],
  ],
  [
    "runs, its disk quota used up",
    { findings: [found("container-quota-exceeded", "container", "info", true)] },
    ["yours", false, null],
  ],
  ["a healthy one", {}, ["unsure", true, null]],
  ["one that has done its work", { container: ended(0) }, ["unsure", true, null]],
  [
    "own limit reached: 137 and OOMKilled",
    { container: ended(137, { reason: "OOMKilled", memoryPeakBytes: 255 * MIB }) },
    ["yours", false, "oom-kill"],
  ],
  [
    "the same while the runtime hangs",
    { container: ended(137, { reason: "OOMKilled", memoryPeakBytes: null }), findings: [runtimeHung] },
    ["yours", false, "oom-kill"],
  ],
  [
    "OOM far below its limit, the node out of memory",
    { container: ended(137, { reason: "OOMKilled", memoryPeakBytes: 60 * MIB }), findings: [nodeOom] },
    ["ours", false, null],
  ],
  [
    "OOM without a limit",
    { container: ended(137, { reason: "OOMKilled", memoryLimitBytes: null }) },
    ["either", false, "oom-kill"],
  ],
  ["killed, nobody knows by whom", { container: ended(137) }, ["unsure", false, null]],
  ["killed while the node was out of memory", { container: ended(137), findings: [nodeOom] }, ["ours", false, null]],
  [
    "a killed process in a container that still runs",
    { container: container({ oomAgoMs: 60_000 }) },
    ["yours", false, "oom-kill"],
  ],
  ["a process that was killed hours ago", { container: container({ oomAgoMs: 7_200_000 }) }, ["unsure", true, null]],
  ["127", { container: ended(127) }, ["yours", false, "exec-not-found"]],
  [
    "127 while the runtime hangs",
    { container: ended(127), findings: [runtimeHung] },
    ["yours", false, "exec-not-found"],
  ],
  ["126", { container: ended(126) }, ["yours", false, "noexec-mount"]],
  ["its own error", { container: ended(1) }, ["yours", false, "container-app-exits"]],
  [
    "its own error, connections dropped on the node",
    { container: ended(1), findings: [found("conntrack-table-full", "network")] },
    ["ours", false, "conntrack-full"],
  ],
  [
    "its own error, a mere warning on the node",
    { container: ended(1), findings: [found("disk-almost-full", "storage", "warning")] },
    ["either", false, "container-app-exits"],
  ],
  [
    "its own error, the runtime down: that does not end applications",
    { container: ended(1), findings: [found("runtime-down", "runtime")] },
    ["yours", false, "container-app-exits"],
  ],
  ["a crash", { container: ended(139) }, ["yours", false, "container-app-exits"]],
  [
    "a crash on broken memory",
    { container: ended(139), findings: [found("memory-uncorrectable-errors", "hardware")] },
    ["ours", false, null],
  ],
  ["asked to end", { container: ended(143) }, ["unsure", false, null]],
  [
    "a loop of its own error",
    { container: container({ restarts: 5, lastExit: { code: 1, reason: "Error" } }) },
    ["yours", false, "container-app-exits"],
  ],
  [
    "a loop of clean ends",
    { container: container({ restarts: 5, lastExit: { code: 0, reason: "Completed" } }) },
    ["yours", false, "container-app-exits"],
  ],
  [
    "a loop of 127",
    { container: container({ restarts: 5, lastExit: { code: 127, reason: null } }) },
    ["yours", false, "exec-not-found"],
  ],
  ["full of processes", { container: container({ pidsCurrent: 100 }) }, ["yours", false, "pids-limit"]],
  [
    "forks refused lately",
    { container: container({ pidsRefusedAgoMs: 1_000, pidsMax: null }) },
    ["yours", false, "pids-limit"],
  ],
  ["memory at its limit", { container: container({ memoryUsedBytes: 250 * MIB }) }, ["yours", false, null]],
  ["throttled", { container: container({ throttledRatio: 0.8 }) }, ["yours", false, null]],
  ["open files at the limit", { container: container({ openFiles: 1020 }) }, ["yours", false, "nofile-limit"]],
  ["frozen, nobody asked", { container: container({ isFrozen: true }) }, ["ours", false, null]],
  ["paused by a checkpoint", { container: container({ isFrozen: true, frozenBy: "criu" }) }, ["unsure", false, null]],
  ["paused", { container: container({ state: "paused" }) }, ["either", false, null]],
  ["unhealthy", { container: container({ health: "unhealthy" }) }, ["yours", false, "probe-failing"]],
  [
    "unhealthy, names do not resolve",
    { container: container({ health: "unhealthy" }), findings: [found("dns-failing", "dns", "critical")] },
    ["ours", false, null],
  ],
  [
    "runs, a finding about it beside a warning of the whole node",
    {
      findings: [found("load-too-high", "cpu", "warning"), found("container-log-large", "container", "warning", true)],
    },
    ["either", false, null],
  ],
  ["runs, lxcfs dead", { findings: [lxcfsDead] }, ["ours", false, "lxcfs-transport-endpoint"]],
  [
    "runs, read-only file system",
    { findings: [found("filesystem-read-only", "storage")] },
    ["ours", false, "fs-readonly"],
  ],
  ["runs, its shim hung", { findings: [found("shim-hung", "shim", "warning", true)] }, ["ours", false, null]],
  ["runs, another one's shim hung", { findings: [found("shim-hung", "shim", "warning")] }, ["unsure", true, null]],
  ["runs, the runtime hung: nobody can stop or enter it", { findings: [runtimeHung] }, ["ours", false, "runtime-down"]],
  ["runs, only advice on the node", { findings: [found("cron-too-often", "node", "info")] }, ["unsure", true, null]],
  [
    "runs, a finding about it that is its owner's",
    {
      findings: [
        found("container-log-large", "container", "warning"),
        found("start-hook-failed", "workload", "warning", true),
      ],
    },
    ["yours", false, null],
  ],
  [
    "waits, the runtime hung",
    { container: container({ state: "created" }), findings: [runtimeHung] },
    ["ours", false, "runtime-down"],
  ],
  ["waits, nothing known", { container: container({ state: "created" }) }, ["unsure", false, null]],
  ["just made", { container: container({ state: "created", ageMs: 2_000 }) }, ["unsure", true, null]],
  [
    "could not start, the engine says why",
    {
      container: ended(128),
      said: [
        {
          id: "exec-format-error",
          side: "yours",
          confidence: 0.95,
          title: { en: "The program is for another processor", zh: "程序架构不符" },
        },
      ],
    },
    ["yours", false, "exec-format-error"],
  ],
  ["could not start", { container: ended(125) }, ["either", false, null]],
  [
    "lost, the runtime hung",
    { container: container({ state: "unknown" }), findings: [runtimeHung] },
    ["ours", false, "runtime-down"],
  ],
  ["lost", { container: container({ state: "unknown" }) }, ["unsure", false, null]],
  ["the node does not report", { node: { ...node, isReporting: false } }, ["unsure", false, null]],
  [
    "OOM, and the node does not report",
    { node: { ...node, isReporting: false }, container: ended(137, { reason: "OOMKilled", memoryPeakBytes: null }) },
    ["yours", false, "oom-kill"],
  ],
  ["the node alone, well", { container: null }, ["unsure", true, null]],
  ["the node alone, in trouble", { container: null, findings: [runtimeHung] }, ["ours", false, "runtime-down"]],
  [
    "the node alone, a container of it in trouble",
    { container: null, findings: [found("container-oom-killed", "memory", "warning")] },
    ["unsure", true, null],
  ],
  ["the node alone, silent", { container: null, node: { ...node, isReporting: false } }, ["unsure", false, null]],
])("%s", (_name, seen, expected) => {
  expect(judged(seen)).toEqual(expected);
});

test("it says why, in both languages, and what it rests on", () => {
  const decision = decide(
    look({ container: ended(1), findings: [found("conntrack-table-full", "network")] }),
    () => null,
  );
  expect(decision.text.en).toBe("It is our node: trouble of conntrack-table-full.");
  expect(decision.because.map(({ zh }) => zh).join()).toContain("退出码 1");
  expect(decision.restsOn).toEqual(["conntrack-table-full"]);
});
