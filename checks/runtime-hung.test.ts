// runtime-hung: silence long enough, a stopped process sooner, never while the module is starting.
import { expect, it } from "vitest";
import { problemsOf } from "../testing/catalogue.ts";
import { aModule, aRuntime, failedProbe, NOW, nodeFacts } from "../testing/facts.ts";
import { runtimeDown } from "./runtime-down.ts";
import { runtimeHung } from "./runtime-hung.ts";

const facts = (failures: number, module = aModule(), code = "DEADLINE_EXCEEDED") =>
  nodeFacts({ runtimes: [aRuntime({ probe: failedProbe(code, failures) })], modules: [module] });

it("needs 15 s of silence and three failed probes", () => {
  expect(problemsOf(runtimeHung, facts(3))).toEqual([]);
  expect(problemsOf(runtimeHung, facts(4))).toMatchObject([
    { reason: "ProbeTimeout", params: { process: { pid: 700, startTicks: 5_000 } } },
  ]);
  const quick = { ...failedProbe("DEADLINE_EXCEEDED", 2), failingSince: NOW - 60_000 };
  expect(problemsOf(runtimeHung, nodeFacts({ runtimes: [aRuntime({ probe: quick })] }))).toEqual([]);
});

it("takes a stopped process at the second failed probe", () => {
  const stopped = aModule({ state: "hung", processState: "T" });
  expect(problemsOf(runtimeHung, facts(1, stopped))).toEqual([]);
  expect(problemsOf(runtimeHung, facts(2, stopped))).toMatchObject([{ reason: "ProcessStopped" }]);
});

it("waits 30 s after the start of the module", () => {
  expect(problemsOf(runtimeHung, facts(5, aModule({ startedAt: NOW - 29_999 })))).toEqual([]);
  expect(problemsOf(runtimeHung, facts(5, aModule({ startedAt: NOW - 30_000 })))).toHaveLength(1);
});

it("takes errors of a living runtime as a hang, never together with runtime-down", () => {
  expect(problemsOf(runtimeHung, facts(4, aModule(), "UNIMPLEMENTED"))).toMatchObject([{ reason: "ProbeError" }]);
  for (const code of ["DEADLINE_EXCEEDED", "UNIMPLEMENTED", "ECONNREFUSED", "UNAVAILABLE"]) {
    for (const module of [aModule(), aModule({ processState: "T" }), aModule({ process: null, state: "stopped" })]) {
      const seen = [runtimeDown, runtimeHung].flatMap((check) => problemsOf(check, facts(8, module, code)));
      expect(seen, `${code} ${module.state}`).toHaveLength(1);
    }
  }
});
