// start-runtime: only what is not there is started.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aModule, aRuntime, aShim, failedProbe, healthyData, NOW, nodeFacts } from "../testing/facts.ts";
import { startRuntime } from "./start-runtime.ts";

const facts = (module: Parameters<typeof aModule>[0], code = "UNAVAILABLE") =>
  nodeFacts({ runtimes: [aRuntime({ probe: failedProbe(code, 3) })], modules: [aModule(module)] });
const down = facts({ state: "stopped", process: null, processState: null });

it("starts the module", () => {
  const ctx = contextOf("runtime-down", down);
  expect(refusals(startRuntime, ctx)).toEqual([]);
  expect(actionsOf(startRuntime, ctx)).toMatchObject([
    { type: "module.restart", params: { module: "containerd", mode: "start", process: null } },
  ]);
});

it("refuses when the process is back, when the policy forbids it, when no module is known", () => {
  expect(
    refusals(startRuntime, contextOf("runtime-down", down, facts({ state: "hung" }, "DEADLINE_EXCEEDED"))),
  ).toEqual(["process-gone"]);
  const locked = facts({ state: "stopped", process: null, restartable: false });
  expect(refusals(startRuntime, contextOf("runtime-down", locked))).toEqual(["module-restartable"]);
  const alone = nodeFacts({ runtimes: [aRuntime({ module: null, probe: failedProbe("ENOENT", 3) })] });
  expect(refusals(startRuntime, contextOf("runtime-down", alone))).toEqual(["module-restartable"]);
  expect(actionsOf(startRuntime, contextOf("runtime-down", alone))).toEqual([]);
});

it("refuses while a shim is stopped: the runtime would end its containers", () => {
  const shims = [aShim(), aShim({ process: { pid: 881, startTicks: 6_001 }, state: "T" })];
  const processes = { data: { ...healthyData().processes, shims }, at: NOW, error: null };
  expect(refusals(startRuntime, contextOf("runtime-down", { ...down, processes }))).toEqual(["shims-answer"]);
});

it("has nothing to do when the runtime answers again", () => {
  const ctx = contextOf("runtime-down", down, nodeFacts());
  expect(actionsOf(startRuntime, ctx)).toEqual([]);
  expect(refusals(startRuntime, ctx)).toContain("still-there");
});
