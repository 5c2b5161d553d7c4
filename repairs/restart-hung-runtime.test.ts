// restart-hung-runtime: evidence first, exactly the process that was found, never one that is starting.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aModule, aRuntime, failedProbe, NOW, nodeFacts } from "../testing/facts.ts";
import { restartHungRuntime } from "./restart-hung-runtime.ts";

const facts = (module: Parameters<typeof aModule>[0] = {}) =>
  nodeFacts({ runtimes: [aRuntime({ probe: failedProbe("DEADLINE_EXCEEDED", 5) })], modules: [aModule(module)] });

it("captures goroutines and stacks, then kills and starts exactly that process", () => {
  const ctx = contextOf("runtime-hung", facts());
  expect(refusals(restartHungRuntime, ctx)).toEqual([]);
  const plan = restartHungRuntime.plan(ctx);
  expect(plan).toMatchObject({ evidence: { module: "containerd", process: { pid: 700, startTicks: 5_000 } } });
  expect("evidence" in plan && plan.evidence.sections.slice(0, 2)).toEqual(["goroutines", "process-stack"]);
  expect(actionsOf(restartHungRuntime, ctx)).toMatchObject([
    { type: "module.restart", params: { mode: "kill-restart", process: { pid: 700, startTicks: 5_000 } } },
  ]);
});

it("refuses another process under the same pid, a runtime that is down, one that has just started", () => {
  const seen = facts();
  const later = facts({ process: { pid: 700, startTicks: 9_000 } });
  expect(refusals(restartHungRuntime, contextOf("runtime-hung", seen, later))).toEqual(["same-process"]);
  const gone = facts({ state: "stopped", process: null, processState: null });
  expect(refusals(restartHungRuntime, contextOf("runtime-hung", seen, gone))).toEqual(["process-hung", "same-process"]);
  expect(actionsOf(restartHungRuntime, contextOf("runtime-hung", seen, gone))).toEqual([]);
  const young = facts({ startedAt: NOW - 10_000 });
  expect(refusals(restartHungRuntime, contextOf("runtime-hung", seen, young))).toEqual(["not-starting"]);
  const stopped = facts({ startedAt: NOW - 10_000, processState: "T", state: "hung" });
  expect(refusals(restartHungRuntime, contextOf("runtime-hung", stopped))).toEqual([]);
});

it("says what a restart of Docker means", () => {
  const docker = nodeFacts({ runtimes: [aRuntime({ kind: "docker", probe: failedProbe("DEADLINE_EXCEEDED", 5) })] });
  const plan = restartHungRuntime.plan(contextOf("runtime-hung", docker));
  expect("touches" in plan && plan.touches.en).toContain("live-restore");
});
