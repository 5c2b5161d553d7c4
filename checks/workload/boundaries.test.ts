// Edges of the checks of containers: hysteresis, ages, what hides what, and when nobody can say.
import { describe, expect, it } from "vitest";
import { problemsOf, unknownOf } from "../../testing/catalogue.ts";
import {
  aContainer,
  aModule,
  anExited,
  aPod,
  aRuntime,
  failedProbe,
  hexId,
  NOW,
  nodeFacts,
} from "../../testing/facts.ts";
import { aWorkload } from "../../testing/facts-workload.ts";
import { base } from "../../testing/fault-parts.ts";
import { workloadFaults } from "../../testing/faults-workload.ts";
import { containerLost } from "../container-lost.ts";
import { tasksStuck } from "../tasks-stuck.ts";
import { containerLogLarge, logLimit } from "./container-log-large.ts";
import { containerPidsLimit } from "./container-pids-limit.ts";
import { deadContainersMany } from "./dead-containers-many.ts";
import { exitMeaning } from "./evidence.ts";
import { ignoresCgroups } from "./jvm-sees-host-memory.ts";
import { isOlder } from "./ops-agent-outdated.ts";
import { runtimeClassMissing } from "./runtime-class-missing.ts";
import { leftoverSandboxes, sandboxLeftover } from "./sandbox-leftover.ts";
import { leftoverProcesses, sandboxProcessLeftover } from "./sandbox-process-leftover.ts";
import { shimHung } from "./shim-hung.ts";

const MIB = 1_048_576;
const APP = hexId("app");
const seen = (over: object) => nodeFacts({ workload: { ...base.workload, containers: [aWorkload(over)] } });
const log = (sizeBytes: number, filesystemBytes: number | null = null) =>
  nodeFacts({ containerLogs: base.containerLogs.map((item) => ({ ...item, sizeBytes, filesystemBytes })) });

describe("numbers that have to fall below a second line", () => {
  it.each([
    [94, [], 0],
    [95, [], 1],
    [80, [APP], 1],
    [79, [APP], 0],
  ])("%s of 100 tasks, open %j: %s", (pidsCurrent, open, count) => {
    expect(problemsOf(containerPidsLimit, seen({ pidsCurrent }), open)).toHaveLength(count);
  });

  it.each([
    [511 * MIB, [], 0],
    [512 * MIB, [], 1],
    [256 * MIB, [APP], 1],
    [255 * MIB, [APP], 0],
  ])("a log of %s, open %j: %s", (size, open, count) => {
    expect(problemsOf(containerLogLarge, log(size), open)).toHaveLength(count);
  });

  it.each([
    ["a large disk", 100 * 1024 * MIB, 512 * MIB],
    ["a small disk", 1_000 * MIB, 100 * MIB],
    ["a tiny disk", 64 * MIB, 16 * MIB],
    ["an unknown disk", null, 512 * MIB],
  ])("the limit of a log on %s", (_, filesystemBytes, limit) => {
    expect(logLimit({ filesystemBytes }, containerLogLarge.thresholds)).toBe(limit);
  });

  it.each([
    [99, 30, [], 0],
    [100, 30, [], 1],
    [50, 10, [], 0],
    [51, 10, [], 1],
    [50, 30, ["containerd"], 1],
    [49, 30, ["containerd"], 0],
  ])("%s dead beside %s that run, open %j: %s", (dead, alive, open, count) => {
    const containers = [
      ...Array.from({ length: alive }, (_, i) => aContainer({ id: hexId(`a${i}`) })),
      ...Array.from({ length: dead }, (_, i) => anExited(`d${i}`, 3_600_000)),
    ];
    expect(problemsOf(deadContainersMany, nodeFacts({ containers }), open)).toHaveLength(count);
  });
});

describe("sandboxes", () => {
  const dead = (ageMs: number) => aPod({ id: hexId("x"), uid: "uid-x", ready: false, createdAt: NOW - ageMs });
  it.each([
    ["a minute old", 60_000, [], 1],
    ["younger", 59_999, [], 0],
    [
      "with a container that is being made",
      600_000,
      [aContainer({ id: hexId("n"), podId: hexId("x"), state: "created" })],
      0,
    ],
    ["with one that ended a moment ago", 600_000, [anExited("e", 30_000, { podId: hexId("x") })], 0],
  ])("a dead one, %s", (_, ageMs, more, count) => {
    const facts = nodeFacts({ pods: [aPod(), dead(ageMs)], containers: [aContainer(), ...more] });
    expect(leftoverSandboxes(facts, NOW).get("containerd") ?? []).toHaveLength(count);
  });

  it("what a kubelet made stays its own while it is stopped: nothing is left over but what it will remove too", () => {
    const modules = [aModule({ name: "kubelet", kind: "kubelet", state: "stopped", process: null })];
    const found = (pod: object, ageMs = 3_600_000) =>
      leftoverSandboxes(nodeFacts({ pods: [aPod(), { ...dead(ageMs), ...pod }], modules }), NOW).size;
    expect(found({})).toBe(0);
    expect(found({ uid: aPod().uid }, 3 * 86_400_000)).toBe(1);
  });

  it("cannot be told while a runtime is silent", () => {
    const silent = [aRuntime({ probe: failedProbe("DEADLINE_EXCEEDED", 4) })];
    expect(unknownOf(sandboxLeftover, nodeFacts({ runtimes: silent }))).toContain("containerd does not answer");
    const facts = { ...workloadFaults["sandbox-process-leftover"][0]?.facts, ...nodeFacts({ runtimes: silent }) };
    expect(
      unknownOf(sandboxProcessLeftover, {
        ...facts,
        sandboxes: workloadFaults["sandbox-process-leftover"][0]?.facts.sandboxes,
      }),
    ).toContain("does not answer");
  });

  it("one process that is young or listed keeps the whole sandbox", () => {
    const facts = workloadFaults["sandbox-process-leftover"][0]?.facts ?? {};
    const processes = facts.sandboxes?.data?.processes ?? [];
    const bent = (over: object) =>
      nodeFacts({
        sandboxes: { ...base.sandboxes, processes: processes.map((p, i) => (i === 0 ? { ...p, ...over } : p)) },
      });
    expect(leftoverProcesses(bent({}), NOW).size).toBe(1);
    expect(leftoverProcesses(bent({ startedAt: NOW - 59_000 }), NOW).size).toBe(0);
    expect(leftoverProcesses(bent({ isListed: null }), NOW).size).toBe(0);
  });

  it("a sandbox in a control group with an id is told once", () => {
    const facts = workloadFaults["sandbox-process-leftover"][0]?.facts ?? {};
    expect(problemsOf(containerLost, facts)).toEqual([]);
    expect(problemsOf(containerLost, { ...facts, sandboxes: nodeFacts().sandboxes })).toHaveLength(1);
  });
});

describe("others", () => {
  it("tasks of a frozen container are not stuck, others beside them are", () => {
    const facts = workloadFaults["container-frozen"][1]?.facts ?? {};
    expect(problemsOf(tasksStuck, facts)).toEqual([]);
    expect(problemsOf(tasksStuck, { ...facts, workload: nodeFacts().workload })).toHaveLength(1);
  });

  it("an orphan that is stopped is told as an orphan", () => {
    const shims = base.processes.shims.map((s) => ({ ...s, state: "T", known: false, liveChildren: 0 }));
    expect(problemsOf(shimHung, nodeFacts({ processes: { ...base.processes, shims } }))).toEqual([]);
  });

  it("a handler that nobody wants is advice, one that is used is a warning", () => {
    const handlers = [
      { runtime: "containerd", name: "kata", binary: "containerd-shim-kata-v2", isFound: false, isWanted: false },
    ];
    const facts = (handler: string) =>
      nodeFacts({ sandboxes: { ...base.sandboxes, handlers }, pods: [aPod({ handler })] });
    expect(problemsOf(runtimeClassMissing, facts("runc"))[0]?.severity).toBe("info");
    expect(problemsOf(runtimeClassMissing, facts("kata"))[0]?.severity).toBe("warning");
  });

  it.each([
    ["2.0.9", "2.1.0", true],
    ["2.10.0", "2.9.9", false],
    ["2.1", "2.1.0", false],
    ["1.0-rc1", "1.0-rc2", true],
  ])("%s older than %s: %s", (a, b, older) => expect(isOlder(a, b)).toBe(older));

  it.each([
    ["1.7.0_80", true],
    ["1.8.0_151", true],
    ["1.8.0_191", false],
    ["1.8.0", true],
    ["9.0.4", true],
    ["10.0.1", false],
    ["21.0.2", false],
    ["?", false],
  ])("Java %s does not know control groups: %s", (version, ignores) => expect(ignoresCgroups(version)).toBe(ignores));

  it.each([
    [137, "SIGKILL"],
    [139, "SIGSEGV"],
    [127, "not found"],
    [0, "without an error"],
    [3, "with an error"],
  ])("exit code %s: %s", (code, words) => expect(exitMeaning(code).en).toContain(words));
});
