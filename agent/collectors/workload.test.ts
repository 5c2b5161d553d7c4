// What the workload collectors read: control groups of both versions, processes, rises and windows, labels, quotas, logs.
import { describe, expect, it } from "vitest";
import { aContainer, hexId, NOW } from "../../testing/facts.ts";
import { logFolder, presentLog } from "./container-logs.ts";
import { parseHealth, parseQuota, parseSize } from "./engine-rows.ts";
import { enforced, isQuotaMounted, quotaOfLabels } from "./quotas.ts";
import { coarse } from "./workload.ts";
import * as group from "./workload-cgroup.ts";
import { DaemonWatch, FastTasks, RestartWatch, RiseWatch, SinceWatch, Window } from "./workload-history.ts";
import { hasLabel, opsAgentsOf, parseHookRecord } from "./workload-ops.ts";
import { javaBelow, measureEnvironment, parseLimit, parseStatus, qosOf } from "./workload-process.ts";

const id = hexId("app");
const files = (all: Record<string, string>) => (_: string, file: string) => all[file] ?? null;

describe("control groups", () => {
  it("finds the container's own folder above nested ones, and its pod's", () => {
    expect(group.containerFolder(`/kubepods/pod1/${id}/init.scope`, id)).toBe(`/kubepods/pod1/${id}`);
    expect(group.containerFolder("/somewhere", id)).toBe("/somewhere");
    const asked: string[] = [];
    const v1 = {
      version: "v1",
      mounts: new Map([
        ["memory", "/m"],
        ["pids", "/p"],
      ]),
    } as const;
    const path = `/kubepods/pod0a1b2c3d-1111-2222-3333-444455556666/${id}`;
    const read = (file: string) => {
      asked.push(file);
      return null;
    };
    const { own, pod } = group.readersOf(
      { ...v1, mounts: new Map(v1.mounts) },
      new Map([
        ["memory", path],
        ["pids", path],
      ]),
      id,
      read,
    );
    own("pids", "pids.max");
    own("freezer", "freezer.state");
    pod?.("memory", "memory.limit_in_bytes");
    expect(asked).toEqual([`/p${path}/pids.max`, `/m${path.slice(0, path.lastIndexOf("/"))}/memory.limit_in_bytes`]);
  });

  it.each([
    ["v1", { "cpu.cfs_quota_us": "50000", "cpu.cfs_period_us": "100000", "cpu.shares": "512" }, 500, 500],
    [
      "v1 without a quota",
      { "cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000", "cpu.shares": "1024" },
      null,
      null,
    ],
    ["v2", { "cpu.max": "150000 100000", "cpu.weight": "20" }, 1_500, 488],
    ["v2 without a quota", { "cpu.max": "max 100000", "cpu.weight": "100" }, null, null],
    ["none", {}, null, null],
  ])("CPU of %s", (_, all, limit, request) => {
    expect([group.cpuLimit(files(all)), group.cpuRequest(files(all))]).toEqual([limit, request]);
  });

  it("memory of both versions; no limit is null", () => {
    expect(group.memoryLimit(files({ "memory.max": "max" }))).toBeNull();
    expect(group.memoryLimit(files({ "memory.limit_in_bytes": "9223372036854771712" }))).toBeNull();
    expect(group.memoryLimit(files({ "memory.limit_in_bytes": "1048576" }))).toBe(1_048_576);
    expect(group.memoryUsed(files({ "memory.current": "1000", "memory.stat": "anon 1\ninactive_file 300" }))).toBe(700);
    expect(
      group.memoryUsed(
        files({ "memory.usage_in_bytes": "1000", "memory.stat": "inactive_file 5\ntotal_inactive_file 400" }),
      ),
    ).toBe(600);
    expect(group.oomKills(files({ "memory.oom_control": "oom_kill_disable 0\noom_kill 2" }))).toBe(2);
  });

  it.each([
    [{ "freezer.state": "THAWED" }, false],
    [{ "freezer.state": "FROZEN" }, true],
    [{ "freezer.state": "FREEZING" }, true],
    [{ "cgroup.events": "populated 1\nfrozen 1" }, true],
    [{ "cgroup.events": "populated 1\nfrozen 0", "cgroup.freeze": "1" }, true],
    [{ "cgroup.events": "populated 1\nfrozen 0", "cgroup.freeze": "0" }, false],
    [{}, null],
  ])("frozen: %j is %s", (all, expected) => expect(group.isFrozen(files(all))).toBe(expected));

  it.each([
    [{ "freezer.state": "FROZEN", "freezer.self_freezing": "1" }, true],
    [{ "freezer.state": "FROZEN", "freezer.self_freezing": "0", "freezer.parent_freezing": "1" }, false],
    [{ "cgroup.events": "populated 1\nfrozen 1", "cgroup.freeze": "0" }, false],
    [{ "cgroup.events": "populated 1\nfrozen 1", "cgroup.freeze": "1" }, true],
    [{}, null],
  ])("frozen by itself: %j is %s", (all, expected) => expect(group.isFrozenItself(files(all))).toBe(expected));

  it("counts tasks and refusals", () => {
    expect(group.pids(files({ "pids.current": "7", "pids.max": "max", "pids.events": "max 3" }))).toEqual({
      current: 7,
      max: null,
      refused: 3,
    });
  });
});

describe("processes", () => {
  it("reads users, capabilities, limits", () => {
    expect(parseStatus("Name:\tx\nUid:\t1000\t0\t0\t0\nCapEff:\t00000000a80425fb\n")).toEqual({
      uid: 1_000,
      capabilities: 0xa80425fbn,
    });
    expect(parseStatus("")).toBeNull();
    const limits =
      "Max processes             4096                 8192                 processes\nMax open files            unlimited            unlimited            files";
    expect([parseLimit(limits, "Max processes"), parseLimit(limits, "Max open files")]).toEqual([4_096, null]);
  });

  it.each([
    [-997, "guaranteed"],
    [1_000, "best-effort"],
    [2, "burstable"],
    [999, "burstable"],
    [0, null],
    [-998, null],
    [null, null],
  ])("oom_score_adj %s is %s", (adj, qos) => expect(qosOf(adj)).toBe(qos));

  it("measures an environment without keeping it", () => {
    expect(measureEnvironment("A=1\0B=ü\0")).toEqual({ count: 2, bytes: 9, setsHeap: false });
    expect(measureEnvironment("JAVA_TOOL_OPTIONS=-Xmx1g\0").setsHeap).toBe(true);
    expect(measureEnvironment("OTHER=JAVA_TOOL_OPTIONS=-Xmx1g\0").setsHeap).toBe(false);
  });

  it("finds Java at most three steps below the first process", () => {
    const p = (pid: number, name: string) => ({
      pid,
      name,
      state: "S",
      ppid: pid - 1,
      threads: 1,
      startTicks: 1,
      rssPages: 1,
      cpuTicks: 0,
    });
    const children = new Map([1, 2, 3, 4].map((pid) => [pid, [p(pid + 1, pid === 4 ? "java" : "sh")]]));
    expect(javaBelow(p(2, "sh"), { children })?.pid).toBe(5);
    expect(javaBelow(p(1, "sh"), { children })).toBeNull();
  });

  it("rounds down to twentieths of the limit", () => {
    expect([coarse(94, 100), coarse(95, 100), coarse(100, 100), coarse(5, null), coarse(null, 5)]).toEqual([
      90,
      95,
      100,
      null,
      null,
    ]);
  });
});

describe("memory of earlier looks", () => {
  it("tells when a count rose, not when it was first seen", () => {
    const rise = new RiseWatch();
    expect(rise.see("a", 3, 100)).toBeNull();
    expect(rise.see("a", 4, 200)).toBe(200);
    rise.keep(new Set(["a"]));
    expect(rise.see("a", 4, 300)).toBe(200);
    rise.keep(new Set());
    expect(rise.see("a", 9, 400), "forgotten when it was gone").toBeNull();
  });

  it("gives the oldest sample inside the window", () => {
    const window = new Window<number>(60, 10);
    expect(window.add("a", 0, 1)).toBeNull();
    expect(window.add("a", 5, 2)).toEqual({ at: 0, value: 1 });
    expect(window.add("a", 30, 3)).toEqual({ at: 0, value: 1 });
    expect(window.add("a", 70, 4)).toEqual({ at: 30, value: 3 });
    window.keep(new Set());
    expect(window.add("a", 80, 5)).toBeNull();
  });

  it("counts restarts of a place in a pod over 15 minutes, across ids", () => {
    const watch = new RestartWatch();
    const at = (attempt: number, over = {}) => aContainer({ id: hexId(`c${attempt}`), attempt, ...over });
    expect(watch.look([at(7)], NOW)).toEqual([]);
    expect(
      watch.look(
        [at(8), at(7, { state: "exited", finishedAt: NOW, exitCode: 137, reason: "OOMKilled" })],
        NOW + 60_000,
      ),
    ).toMatchObject([{ count: 1, containerId: hexId("c8"), exitCode: 137, reason: "OOMKilled", podName: "web" }]);
    expect(watch.look([at(10)], NOW + 120_000)).toMatchObject([{ count: 3 }]);
    expect(watch.look([at(10)], NOW + 14 * 60_000)).toMatchObject([{ count: 3 }]);
    expect(watch.look([at(10)], NOW + 20 * 60_000), "the window is over").toEqual([]);
    expect(watch.look([], NOW + 21 * 60_000)).toEqual([]);
  });

  it("counts the starts of daemons that it saw", () => {
    const watch = new DaemonWatch();
    const module = (pid: number | null) =>
      [
        {
          name: "containerd",
          kind: "runtime",
          process: pid === null ? null : { pid, startTicks: pid },
          startedAt: NOW + (pid ?? 0),
        },
      ] as never;
    expect(watch.look(module(1), NOW)).toEqual([]);
    expect(watch.look(module(1), NOW)).toEqual([]);
    expect(watch.look(module(null), NOW)).toEqual([]);
    expect(watch.look(module(2), NOW)).toMatchObject([{ module: "containerd", count: 1 }]);
    expect(watch.look(module(3), NOW + 1_000)).toMatchObject([{ count: 2, firstAt: NOW + 2, lastAt: NOW + 3 }]);
    expect(watch.look(module(3), NOW + 21 * 60_000)).toEqual([]);
  });
});

describe("labels, hooks, engines", () => {
  it("understands key and key=value", () => {
    expect([
      hasLabel({ a: "1" }, "a"),
      hasLabel({ a: "1" }, "a=1"),
      hasLabel({ a: "1" }, "a=2"),
      hasLabel({}, "a"),
    ]).toEqual([true, true, false, false]);
  });

  it("finds wanted agents below the first process, zombies left out", () => {
    const p = (pid: number, name: string, state = "S") => ({
      pid,
      name,
      state,
      ppid: 1,
      threads: 1,
      startTicks: 1,
      rssPages: 1,
      cpuTicks: 0,
    });
    const wanted = [
      { name: "ops", process: "ops-agent-with-a-long-name", version: "2", versionFile: "/v" },
      { name: "dead", process: "dead" },
      { name: "other", process: "x", label: "team=b" },
    ];
    const children = new Map([[5, [p(6, "ops-agent-with-"), p(7, "dead", "Z")]]]);
    const found = opsAgentsOf(wanted, { id, labels: { team: "a" } }, p(5, "init"), { children }, () => "1.9");
    expect(found).toEqual([
      { containerId: id, name: "ops", isRunning: true, version: "1.9", wantedVersion: "2" },
      { containerId: id, name: "dead", isRunning: false, version: null, wantedVersion: null },
    ]);
  });

  it("takes a hook's record, nothing else", () => {
    expect(parseHookRecord('{"containerId":"c","hook":"route","exitCode":1,"startedAt":5}')).toMatchObject({
      exitCode: 1,
      endedAt: null,
    });
    for (const text of ["", "[]", '{"hook":"route"}']) expect(parseHookRecord(text)).toBeNull();
  });

  it.each([
    ["Up 3 hours (unhealthy)", "unhealthy"],
    ["Up 4 seconds (health: starting)", "starting"],
    ["Up 2 days (healthy)", "healthy"],
    ["Up 2 days (Paused)", null],
  ])("%s: %s", (status, health) => expect(parseHealth(status)).toBe(health));

  it.each([
    ["10g", 10 * 1024 ** 3],
    ["1.5GiB", 1.5 * 1024 ** 3],
    ["512m", 512 * 1024 ** 2],
    [2048, 2048],
    ["0", null],
    ["all", null],
    [undefined, null],
  ])("size %s is %s", (text, size) => expect(parseSize(text)).toBe(size));
});

describe("quotas and logs", () => {
  it("reads what a container was made with", () => {
    expect(parseQuota({ HostConfig: { StorageOpt: { size: "20G" } } })).toBe(20 * 1024 ** 3);
    expect(parseQuota({ Config: { DiskQuota: { "/&/data": "10g" } } })).toBe(10 * 1024 ** 3);
    expect(parseQuota({ Config: { DiskQuota: { "/data": "10g" } } })).toBeNull();
    expect(parseQuota(null)).toBeNull();
    expect(quotaOfLabels({ DiskQuota: "/data=1g;/=2g" })).toBe(2 * 1024 ** 3);
    expect(quotaOfLabels({ DiskQuota: "5g" })).toBe(5 * 1024 ** 3);
    expect(quotaOfLabels({ app: "x" })).toBeNull();
  });

  it("knows what is enforced from the smaller total", () => {
    const space = (totalBytes: number, freeBytes: number) => ({
      totalBytes,
      freeBytes,
      availableBytes: freeBytes,
      inodes: 1,
      inodesFree: 1,
    });
    expect(enforced(space(1_000, 400), space(9_000, 8_000))).toEqual({ limitBytes: 1_000, usedBytes: 600 });
    expect(enforced(space(9_000, 8_000), space(9_000, 8_000))).toEqual({ limitBytes: 0, usedBytes: null });
    const mount = (type: string, ...superOptions: string[]) => ({ type, superOptions, options: [] });
    expect(isQuotaMounted(mount("ext4", "rw", "prjquota"))).toBe(true);
    expect(isQuotaMounted(mount("xfs", "rw", "noquota"))).toBe(false);
    expect(isQuotaMounted(mount("btrfs"))).toBeNull();
  });

  it("takes the log of the last attempt and counts its older pieces", () => {
    const where = logFolder(aContainer(), "cri", null);
    if (!where) throw new Error("no folder");
    expect(where.folders[0]).toBe("/var/log/pods/default_web_uid-web/app");
    const names = ["9.log", "10.log", "10.log.20260101-000000", "10.log.20260101-000000.gz", "notes.txt"];
    expect(presentLog(names, where.isLog)).toEqual({ name: "10.log", rotated: 2 });
    expect(presentLog(["notes.txt"], where.isLog)).toBeNull();
    const docker = logFolder(aContainer(), "docker", "/var/lib/docker");
    expect(docker && presentLog([`${id}-json.log`, `${id}-json.log.1`, "config.v2.json"], docker.isLog)).toEqual({
      name: `${id}-json.log`,
      rotated: 1,
    });
    expect(logFolder(aContainer({ podName: null }), "cri", null)).toBeNull();
  });
});

describe("what looks like a fork bomb", () => {
  it.each([
    ["a thread leak", [40, 44, 48, 52, 56, 60], [0, 0, 0, 0, 0, 0], false],
    ["a doubling within minutes", [40, 40, 40, 80], [0, 0, 0, 0], true],
    ["a doubling over a quarter of an hour", [40, 46, 52, 58, 64, 70, 76, 82], Array(8).fill(0), false],
    ["a small program that starts", [1, 31], [0, 0], false],
    ["at its limit, refused now and then", [100, 100, 100], [0, 40, 90], false],
    ["at its limit, refused by the hundred", [100, 100, 100], [0, 40, 540], true],
    ["refused long before it was first seen", [100], [90_000], false],
  ])("%s", (_, counts, refused, expected) => {
    const watch = new FastTasks();
    let last: number | null = null;
    for (const [i, count] of counts.entries()) last = watch.see("a", count, refused[i] ?? 0, i * 120_000);
    expect(last !== null).toBe(expected);
  });

  it("remembers when it was so last, until the container is gone", () => {
    const watch = new FastTasks();
    for (const [count, at] of [
      [40, 0],
      [90, 10_000],
      [90, 900_000],
    ] as const)
      watch.see("a", count, 0, at);
    expect(watch.see("a", 90, 0, 910_000)).toBe(10_000);
    watch.keep(new Set());
    expect(watch.see("a", 90, 0, 920_000)).toBeNull();
  });
});

describe("since when something holds", () => {
  it("is the first look of the unbroken row", () => {
    const watch = new SinceWatch();
    expect([true, true, false, true].map((holds, i) => watch.see("a", holds, i))).toEqual([0, 0, null, 3]);
    watch.keep(new Set());
    expect(watch.see("a", true, 9)).toBe(9);
  });
});
