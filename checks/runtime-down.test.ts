// runtime-down: two refused probes, and which of the two runtime faults it is.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aModule, aRuntime, failedProbe, NOW, nodeFacts } from "../testing/facts.ts";
import { runtimeDown } from "./runtime-down.ts";
import { runtimeHung } from "./runtime-hung.ts";

const gone = aModule({ state: "stopped", process: null, processState: null });
const facts = (failures: number, module = gone, code = "UNAVAILABLE") =>
  nodeFacts({ runtimes: [aRuntime({ probe: failedProbe(code, failures) })], modules: [module] });

it("needs two failed probes", () => {
  expect(problemsOf(runtimeDown, facts(1))).toEqual([]);
  expect(problemsOf(runtimeDown, facts(2))).toMatchObject([
    { subject: "containerd", reason: "ProcessGone", params: { runtime: "containerd", module: "containerd" } },
  ]);
});

it("a process that is gone is down whatever the probe says", () => {
  expect(problemsOf(runtimeDown, facts(4, gone, "DEADLINE_EXCEEDED"))).toHaveLength(1);
  expect(problemsOf(runtimeHung, facts(4, gone, "DEADLINE_EXCEEDED"))).toEqual([]);
  expect(problemsOf(runtimeDown, facts(2, aModule({ processState: "Z" })))).toMatchObject([{ reason: "ProcessGone" }]);
});

it("a refused connection of a living process is no finding until the process was seen long enough after it, then a hang", () => {
  expect(problemsOf(runtimeDown, facts(3, aModule()))).toEqual([]);
  expect(problemsOf(runtimeHung, facts(3, aModule()))).toEqual([]);
  expect(problemsOf(runtimeDown, facts(4, aModule()))).toEqual([]);
  expect(problemsOf(runtimeHung, facts(4, aModule()))).toMatchObject([{ reason: "NotListening" }]);
});

it("works for a runtime whose module the agent does not know", () => {
  const unknown = nodeFacts({ runtimes: [aRuntime({ module: null, probe: failedProbe("ECONNREFUSED", 2) })] });
  expect(problemsOf(runtimeDown, unknown)).toMatchObject([{ params: { module: null } }]);
});

it("tells of each runtime by itself", () => {
  const docker = aRuntime({
    id: "docker",
    kind: "docker",
    name: "Docker",
    module: "dockerd",
    probe: failedProbe("ENOENT", 9),
  });
  const both = nodeFacts({
    runtimes: [aRuntime(), docker],
    modules: [aModule(), aModule({ ...gone, name: "dockerd" })],
  });
  expect(problemsOf(runtimeDown, both).map((p) => p.subject)).toEqual(["docker"]);
  expect(runtimeDown.evaluate(both, NOW).status).toBe("problems");
});

it("one finding for a module that serves two APIs", () => {
  const probe = failedProbe("ECONNREFUSED", 3);
  const of = (id: string, kind: "cri" | "docker", module: string | null) => aRuntime({ id, kind, module, probe });
  const both = [of("pouch", "docker", "pouchd"), of("pouch-cri", "cri", "pouchd")];
  const pouchd = aModule({ name: "pouchd", state: "stopped", process: null, processState: null });
  expect(problemsOf(runtimeDown, nodeFacts({ runtimes: both, modules: [pouchd] })).map((p) => p.subject)).toEqual([
    "pouch",
  ]);
  const strangers = [of("a", "cri", null), of("b", "cri", null)];
  expect(problemsOf(runtimeDown, nodeFacts({ runtimes: strangers })).map((p) => p.subject)).toEqual(["a", "b"]);
});
