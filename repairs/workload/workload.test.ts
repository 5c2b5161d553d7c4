// Repairs of containers and sandboxes: what they plan, what makes them refuse, and the way back.
import { describe, expect, it } from "vitest";
import { actionsOf, contextOf, refusals, undoOf } from "../../testing/catalogue.ts";
import { aContainer, anExited, aPod, aShim, hexId, NOW, nodeFacts } from "../../testing/facts.ts";
import { aWorkload } from "../../testing/facts-workload.ts";
import { faultFacts } from "../../testing/fault-facts.ts";
import { base } from "../../testing/fault-parts.ts";
import { workloadFaults } from "../../testing/faults-workload.ts";
import { pruneRuntime } from "../prune-runtime.ts";
import { endLeftoverSandbox } from "./end-leftover-sandbox.ts";
import { raisePidsLimit } from "./raise-pids-limit.ts";
import { removeDeadSandboxes } from "./remove-dead-sandboxes.ts";
import { restartUnhealthyContainer } from "./restart-unhealthy-container.ts";
import { resumeModule } from "./resume-module.ts";
import { resumeRuntime } from "./resume-runtime.ts";
import { resumeShim } from "./resume-shim.ts";
import { thawContainer } from "./thaw-container.ts";
import { trimContainerLog } from "./trim-container-log.ts";

const APP = hexId("app");
const fault = (id: keyof typeof workloadFaults, index = 0) => workloadFaults[id][index]?.facts ?? {};

describe("resume", () => {
  it("a shim: exactly that process", () => {
    const ctx = contextOf("shim-hung", fault("shim-hung"));
    expect(refusals(resumeShim, ctx)).toEqual([]);
    expect(actionsOf(resumeShim, ctx)).toEqual([
      { type: "process.resume", params: { process: { pid: 880, startTicks: 6_000 } } },
    ]);
  });

  it("refuses when another process has its pid, or it goes on already", () => {
    const later = nodeFacts({
      processes: { ...base.processes, shims: [aShim({ state: "T", process: { pid: 880, startTicks: 9_999 } })] },
    });
    expect(refusals(resumeShim, contextOf("shim-hung", fault("shim-hung"), later))).toEqual(["same-process"]);
    expect(refusals(resumeShim, contextOf("shim-hung", fault("shim-hung"), nodeFacts()))).toEqual(["still-there"]);
  });

  it("a runtime: stopped shims first, then itself", () => {
    const facts = { ...faultFacts["runtime-hung"][0]?.facts, ...pick(fault("shim-hung"), "processes") };
    const ctx = contextOf("runtime-hung", facts);
    expect(refusals(resumeRuntime, ctx)).toEqual([]);
    expect(actionsOf(resumeRuntime, ctx).map((a) => a.params)).toEqual([
      { process: { pid: 880, startTicks: 6_000 } },
      { process: { pid: 700, startTicks: 5_000 } },
    ]);
  });

  it("refuses a runtime that hangs by itself: a restart is what is left", () => {
    const ctx = contextOf("runtime-hung", faultFacts["runtime-hung"][1]?.facts ?? {});
    expect(refusals(resumeRuntime, ctx)).toEqual(["something-stopped"]);
  });

  it("lxcfs only when it is stopped", () => {
    const [stopped, dead] = ["stopped by a signal", "killed"].map(
      (name) => faultFacts["lxcfs-dead"].find((f) => f.name.startsWith(name))?.facts ?? {},
    );
    expect(refusals(resumeModule, contextOf("lxcfs-dead", stopped ?? {}))).toEqual([]);
    expect(refusals(resumeModule, contextOf("lxcfs-dead", dead ?? {}))).toEqual(["still-there"]);
  });
});

describe("control groups", () => {
  it("thaws what the runtime believes to run, never what it paused", () => {
    const facts = fault("container-frozen");
    expect(actionsOf(thawContainer, contextOf("container-frozen", facts))).toEqual([
      { type: "container.thaw", params: { containerId: APP } },
    ]);
    const paused = { ...facts, containers: nodeFacts({ containers: [aContainer({ state: "paused" })] }).containers };
    expect(refusals(thawContainer, contextOf("container-frozen", facts, paused))).toEqual(["not-paused"]);
    const seen = (over: Parameters<typeof aWorkload>[0], more: Partial<typeof base.workload> = {}) =>
      refusals(
        thawContainer,
        contextOf(
          "container-frozen",
          facts,
          nodeFacts({
            workload: {
              ...base.workload,
              containers: [aWorkload({ isFrozen: true, frozenSince: NOW - 660_000, ...over })],
              ...more,
            },
          }),
        ),
      );
    expect(seen({})).toEqual([]);
    expect(seen({ frozenSince: NOW - 599_000 })).toEqual(["long-enough"]);
    expect(seen({ frozenSince: undefined })).toEqual(["long-enough"]);
    expect(seen({ frozenSince: NOW - 20_000 }, { thawAfterMs: 10_000 })).toEqual([]);
    expect(seen({ isFrozenItself: false })).toEqual(["frozen-itself"]);
    expect(seen({ frozenBy: "criu takes a checkpoint" })).toEqual(["nobody-at-work"]);
  });

  it("doubles a task limit from exactly the one that was seen, and takes it back", () => {
    const ctx = contextOf("container-pids-limit", fault("container-pids-limit"));
    expect(actionsOf(raisePidsLimit, ctx)).toEqual([
      { type: "container.pids-max", params: { containerId: APP, expected: "100", value: 200 } },
    ]);
    expect(undoOf(raisePidsLimit, ctx, true)).toEqual([
      { type: "container.pids-max", params: { containerId: APP, expected: "200", value: 100 } },
    ]);
    expect(undoOf(raisePidsLimit, ctx, false)).toEqual([]);
  });

  it.each([
    ["a fork bomb", { pidsFastAt: NOW - 30_000 }, ["grew-slowly"], 200],
    ["one of a quarter of an hour ago", { pidsFastAt: NOW - 900_000 }, [], 200],
    ["doubled once", { pidsMaxFirst: 50 }, [], 200],
    ["doubled more often", { pidsMaxFirst: 40 }, [], 160],
    ["four times the first limit", { pidsMaxFirst: 25 }, ["room-on-the-node"], null],
    ["a tiny first limit", { pidsMax: 1, pidsCurrent: 1, pidsMaxFirst: 1 }, [], 16],
  ])("a limit is a protection: %s", (_, over, refused, value) => {
    const workload = { ...base.workload, containers: [aWorkload({ pidsCurrent: 95, ...over })] };
    const ctx = contextOf("container-pids-limit", nodeFacts({ workload }));
    expect(refusals(raisePidsLimit, ctx)).toEqual(refused);
    expect(actionsOf(raisePidsLimit, ctx).map((a) => "value" in a.params && a.params.value)).toEqual(
      value === null ? [] : [value],
    );
  });

  it.each([
    ["a quarter of few pids", { pidMax: 600 }, [], 150],
    ["no room", { pidMax: 400 }, ["room-on-the-node"], null],
  ])("keeps within the node's share: %s", (_, over, refused, value) => {
    const facts = nodeFacts({
      processes: { ...base.processes, ...over },
      workload: { ...base.workload, containers: [aWorkload({ pidsCurrent: 95 })] },
    });
    const ctx = contextOf("container-pids-limit", facts);
    expect(refusals(raisePidsLimit, ctx)).toEqual(refused);
    expect(actionsOf(raisePidsLimit, ctx).map((a) => "value" in a.params && a.params.value)).toEqual(
      value === null ? [] : [value],
    );
  });
});

describe("leftovers", () => {
  it("removes exactly the dead sandboxes; one that came to life is not among them", () => {
    const facts = fault("sandbox-leftover");
    const ctx = contextOf("sandbox-leftover", facts);
    expect(actionsOf(removeDeadSandboxes, ctx)).toEqual([
      { type: "pod.remove", params: { runtime: "containerd", pods: [hexId("failed")] } },
    ]);
    const alive = nodeFacts({ pods: [aPod(), aPod({ id: hexId("failed"), name: "failed", uid: "uid-failed" })] });
    expect(refusals(removeDeadSandboxes, contextOf("sandbox-leftover", facts, alive))).toContain("still-there");
  });

  it("ends a sandbox, but not below a shim and not one that people named", () => {
    const facts = fault("sandbox-process-leftover");
    const ctx = contextOf("sandbox-process-leftover", facts);
    expect(refusals(endLeftoverSandbox, ctx)).toEqual([]);
    expect(actionsOf(endLeftoverSandbox, ctx)).toMatchObject([
      {
        type: "sandbox.end",
        params: { kind: "gvisor", containerId: hexId("left"), processes: [{ pid: 5_100 }, { pid: 5_099 }] },
      },
    ]);
    const shim = nodeFacts({
      processes: { ...base.processes, shims: [aShim(), aShim({ containerId: hexId("left"), known: false })] },
    });
    expect(refusals(endLeftoverSandbox, { ...ctx, facts: { ...facts, processes: shim.processes } })).toEqual([
      "no-shim",
    ]);
    expect(
      refusals(endLeftoverSandbox, contextOf("sandbox-process-leftover", fault("sandbox-process-leftover", 2))),
    ).toEqual(["named-by-a-runtime"]);
  });

  it("cuts the file that was found to a part of its limit", () => {
    const ctx = contextOf("container-log-large", fault("container-log-large"));
    expect(actionsOf(trimContainerLog, ctx)).toMatchObject([
      { type: "log.trim", params: { containerId: APP, keepBytes: 16 * 1_048_576 } },
    ]);
    const moved = nodeFacts({
      containerLogs: (ctx.facts.containerLogs?.data ?? []).map((l) => ({ ...l, path: "/var/log/pods/x/1.log" })),
    });
    expect(refusals(trimContainerLog, { ...ctx, facts: moved })).toEqual(["same-file"]);
    const small = contextOf("container-log-large", fault("container-log-large", 1));
    expect(actionsOf(trimContainerLog, small)).toMatchObject([{ params: { keepBytes: 3_355_443 } }]);
  });

  it("removes the oldest dead containers down to forty, the last of each name at the end, and no image", () => {
    const ctx = contextOf("dead-containers-many", fault("dead-containers-many"));
    expect(refusals(pruneRuntime, ctx)).toEqual([]);
    const [action] = actionsOf(pruneRuntime, ctx);
    if (action?.type !== "runtime.prune") throw new Error("no prune");
    expect([action.params.containers.length, action.params.images]).toEqual([60, []]);
    expect(action.params.containers[0]).toBe(hexId("d99"));
    // Seven names: the youngest of each is the last seen of it.
    for (const word of ["d0", "d1", "d2", "d3", "d4", "d5", "d6"])
      expect(action.params.containers).not.toContain(hexId(word));
    const few = nodeFacts({ containers: [aContainer(), anExited("x", 60_000)] });
    expect(refusals(pruneRuntime, { ...ctx, facts: few })).toEqual(["still-there", "something-to-remove"]);
  });
});

describe("restart", () => {
  it("only while its own check still says so", () => {
    const facts = fault("container-unhealthy");
    const ctx = contextOf("container-unhealthy", facts);
    expect(refusals(restartUnhealthyContainer, ctx)).toEqual([]);
    expect(actionsOf(restartUnhealthyContainer, ctx)).toMatchObject([
      { type: "container.restart", params: { containerId: APP } },
    ]);
    expect(refusals(restartUnhealthyContainer, { ...ctx, facts: nodeFacts() })).toEqual(["still-there"]);
    expect(refusals(restartUnhealthyContainer, { ...ctx, now: NOW + 61_000 })).toContain("facts-fresh");
  });
});

function pick<T extends object, K extends keyof T>(from: T, key: K): Pick<T, K> {
  return { [key]: from[key] } as Pick<T, K>;
}
