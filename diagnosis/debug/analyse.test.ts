// What is abnormal in a report: each wrong thing raises exactly its own, near misses and a healthy report raise none, and what matters stands first.
import { describe, expect, test } from "vitest";
import { DebugReport } from "../../protocol/debug.ts";
import { causes } from "../causes/list.ts";
import { analyse } from "./analyse.ts";
import {
  AT,
  aCgroup,
  aMount,
  aNodeReport,
  aProcess,
  aReport,
  aRuntime,
  aShim,
  containerNetwork,
  nodeTables,
  read,
  saidContainer,
} from "./reports.fixture.ts";

const late = { value: null, error: "mounts: no answer within 7000 ms", ms: 7_000 };
const kernel = (message: string, at = AT - 60_000) => read([{ at, level: 3, message }]);
const zombies = Array.from({ length: 12 }, (_, i) => aProcess({ pid: i + 10, state: "Z" }));

/** Rule → a report that it alone must raise. */
const bad: [string, DebugReport][] = [
  [
    "runtime-stopped",
    aReport({
      runtimes: read([
        aRuntime({ isAnswering: false, process: { pid: 7, state: "T", waitChannel: "do_signal_stop", openFiles: 1 } }),
      ]),
    }),
  ],
  ["runtime-hung", aReport({ runtimes: read([aRuntime({ isAnswering: false, error: "DEADLINE_EXCEEDED" })]) })],
  ["runtime-down", aNodeReport({ runtimes: read([aRuntime({ isAnswering: false, process: null })]) })],
  ["runtime-slow", aReport({ runtimes: read([aRuntime({ ms: 1_400 })]) })],
  ["shim-stopped", aReport({ shims: read([aShim({ state: "T", isAnswering: false })]) })],
  ["shim-stuck", aNodeReport({ shims: read([aShim(), aShim({ state: "D" })]) })],
  ["shim-silent", aReport({ shims: read([aShim({ isAnswering: false, error: "no answer within 700 ms" })]) })],
  ["gone-but-running", aReport({ processes: read({ total: 0, list: [] }) })],
  ["alive-but-exited", aReport({ container: read({ ...saidContainer, state: "exited", exitCode: 0 }) })],
  ["shim-gone", aReport({ shims: read([]) })],
  [
    "exited",
    aReport({
      container: read({ ...saidContainer, state: "exited", exitCode: 3 }),
      processes: read({ total: 0, list: [] }),
    }),
  ],
  [
    "stuck",
    aReport({ processes: read({ total: 1, list: [aProcess({ state: "D", waitChannel: "rpc_wait_bit_killable" })] }) }),
  ],
  ["stopped", aReport({ processes: read({ total: 1, list: [aProcess({ state: "T" })] }) })],
  ["lxcfs-stopped", aNodeReport({ processes: read({ total: 9, list: [aProcess({ state: "T", name: "lxcfs" })] }) })],
  ["zombies", aNodeReport({ processes: read({ total: 300, list: zombies }) })],
  ["open-files", aReport({ processes: read({ total: 1, list: [aProcess({ openFiles: 1_000 })] }) })],
  ["frozen", aReport({ cgroups: read([aCgroup({ isFrozen: true })]) })],
  ["pids-full", aReport({ cgroups: read([aCgroup({ pids: 100 })]) })],
  [
    "pids-full-above",
    aReport({ cgroups: read([aCgroup(), aCgroup({ path: "/kubepods/pod1", pids: 50, pidsMax: 50 })]) }),
  ],
  ["pids-nearly", aReport({ cgroups: read([aCgroup({ pids: 95 })]) })],
  ["oom-killed", aReport({ cgroups: read([aCgroup({ oomKills: 1 })]) })],
  ["memory-full", aReport({ cgroups: read([aCgroup({ memoryBytes: 255_000_000 })]) })],
  ["throttled", aReport({ cgroups: read([aCgroup({ throttledPeriods: 4_000 })]) })],
  [
    "memory-pressure",
    aReport({ cgroups: read([aCgroup({ pressure: { cpu: null, memory: { some: 70, full: 55 }, io: null } })]) }),
  ],
  [
    "io-pressure",
    aReport({ cgroups: read([aCgroup({ pressure: { cpu: null, memory: null, io: { some: 70, full: 55 } } })]) }),
  ],
  ["mount-hung", aReport({ mounts: read([aMount({ state: "hung", type: "nfs4", error: "no answer" })]) })],
  ["mount-dead", aReport({ mounts: read([aMount({ state: "dead", type: "fuse.s3fs" })]) })],
  ["read-only", aReport({ mounts: read([aMount({ isReadOnly: true, isSuperReadOnly: true })]) })],
  ["disk-full", aReport({ mounts: read([aMount({ availableBytes: 1_000 })]) })],
  ["inodes-full", aReport({ mounts: read([aMount({ inodesFree: 3 })]) })],
  ["deleted-files", aReport({ deletedFiles: read([{ pid: 1, path: "/x", bytes: 3e9 }]) })],
  [
    "lxcfs-dead",
    aReport({ views: read({ hasLxcfs: true, isAlive: false, error: "/proc/meminfo: dead", seenMemoryBytes: null }) }),
  ],
  ["lxcfs-wrong", aReport({ views: read({ hasLxcfs: true, isAlive: true, error: null, seenMemoryBytes: 9e9 }) })],
  [
    "interface-down",
    aReport({
      network: read({
        ...containerNetwork,
        interfaces: containerNetwork.interfaces.map((i) => (i.name === "eth0" ? { ...i, isUp: false } : i)),
      }),
    }),
  ],
  ["no-default-route", aReport({ network: read({ ...containerNetwork, routes: [], hasDefaultRoute: false }) })],
  [
    "no-interface",
    aReport({ network: read({ ...containerNetwork, interfaces: containerNetwork.interfaces.slice(0, 1) }) }),
  ],
  [
    "listen-queue",
    aReport({
      network: read({
        ...containerNetwork,
        listening: [{ protocol: "tcp", address: "*:80", queue: 511, queueMax: 511, program: "" }],
      }),
    }),
  ],
  ["conntrack", aReport({ network: read({ ...containerNetwork, conntrack: { count: 65_000, max: 65_536 } }) })],
  [
    "dns-silent",
    aReport({
      dns: read({
        servers: ["10.0.0.10"],
        search: [],
        lookups: [{ server: "10.0.0.10", isAnswered: false, ms: 2_000, error: "no answer within 2000 ms" }],
      }),
    }),
  ],
  [
    "dns-slow",
    aReport({
      dns: read({
        servers: ["10.0.0.10"],
        search: [],
        lookups: [{ server: "10.0.0.10", isAnswered: true, ms: 900, error: null }],
      }),
    }),
  ],
  ["kernel-oom", aReport({ kernelLog: kernel("Memory cgroup out of memory: Killed process 4002 (java)") })],
  ["kernel-hung", aReport({ kernelLog: kernel("INFO: task java:4002 blocked for more than 120 seconds.") })],
  ["kernel-segfault", aReport({ kernelLog: kernel("server[4001]: segfault at 0 ip 00 sp 00 error 4") })],
  ["kernel-io", aNodeReport({ kernelLog: kernel("blk_update_request: I/O error, dev vdb, sector 8") })],
  ["node-pids", aNodeReport({ tables: read({ ...nodeTables, pids: { count: 32_000, max: 32_768 } }) })],
  ["node-files", aNodeReport({ tables: read({ ...nodeTables, files: { count: 990_000, max: 1_000_000 } }) })],
  ["node-conntrack", aNodeReport({ tables: read({ ...nodeTables, conntrack: { count: 65_000, max: 65_536 } }) })],
  ["node-inotify", aNodeReport({ tables: read({ ...nodeTables, inotify: { count: 128, max: 128 } }) })],
  ["node-load", aNodeReport({ tables: read({ ...nodeTables, load: [40, 20, 10] }) })],
  ["node-memory", aNodeReport({ tables: read({ ...nodeTables, memoryAvailableBytes: 1_000_000 }) })],
  ["unread", aReport({ mounts: late })],
];

const rulesOf = (report: DebugReport) => analyse(report).map(({ rule }) => rule);

describe("what is abnormal", () => {
  test("a healthy container and a healthy node raise nothing", () => {
    expect(rulesOf(aReport())).toEqual([]);
    expect(rulesOf(aNodeReport())).toEqual([]);
  });

  test.each(bad)("%s is raised, and nothing else", (rule, report) => {
    expect(DebugReport.safeParse(report).error).toBeUndefined();
    expect(rulesOf(report)).toEqual([rule]);
  });

  test.each([
    [
      "an OOM kill in the pod, not in this container",
      aReport({ cgroups: read([aCgroup(), aCgroup({ oomKills: 9 })]) }),
    ],
    [
      "a single short wait on a disk",
      aReport({
        processes: read({ total: 2, list: [aProcess(), aProcess({ state: "D", waitChannel: "folio_wait" })] }),
      }),
    ],
    ["a few zombies", aNodeReport({ processes: read({ total: 300, list: zombies.slice(0, 4) }) })],
    [
      "a kernel's line of yesterday",
      aReport({ kernelLog: kernel("Out of memory: Killed process 1", AT - 86_400_000) }),
    ],
    [
      "another runtime that does not run",
      aReport({ runtimes: read([aRuntime(), aRuntime({ id: "docker", isAnswering: false, process: null })]) }),
    ],
    [
      "a sandbox whose processes are hidden",
      aReport({ sandbox: "gvisor", processes: read({ total: 0, list: [] }), shims: read([aShim()]) }),
    ],
    [
      "a gVisor sandbox, whose addresses and routes are in its own stack",
      aReport({
        sandbox: "gvisor",
        network: read({ ...containerNetwork, interfaces: [], routes: [], hasDefaultRoute: false }),
      }),
    ],
    [
      "a container that ended well",
      aReport({
        container: read({ ...saidContainer, state: "exited", exitCode: 0 }),
        processes: read({ total: 0, list: [] }),
      }),
    ],
    ["pids without a limit", aReport({ cgroups: read([aCgroup({ pids: 5_000, pidsMax: null })]) })],
    [
      "a read-only image",
      aReport({ mounts: read([aMount({ type: "squashfs", isReadOnly: true, isMeantWritable: false })]) }),
    ],
  ])("%s raises nothing", (_what, report) => {
    expect(rulesOf(report)).toEqual([]);
  });

  test("of several things the worst stands first, and among those what explains the others", () => {
    const report = aReport({
      runtimes: read([
        aRuntime({ isAnswering: false, process: { pid: 7, state: "T", waitChannel: null, openFiles: 1 } }),
      ]),
      cgroups: read([aCgroup({ oomKills: 2, pids: 95 })]),
      kernelLog: kernel("Memory cgroup out of memory: Killed process 4002 (java)"),
    });
    expect(rulesOf(report)).toEqual(["runtime-stopped", "oom-killed", "kernel-oom", "pids-nearly"]);
  });

  test("every cause that is named is in the catalogue, and both languages say something", () => {
    const known = new Set(causes.map(({ id }) => id));
    for (const [, report] of bad)
      for (const { cause, title, evidence } of analyse(report)) {
        if (cause !== null) expect(known).toContain(cause);
        expect(title.en).not.toBe("");
        expect(title.zh).not.toBe("");
        expect(evidence.length).toBeLessThanOrEqual(9);
      }
  });
});
