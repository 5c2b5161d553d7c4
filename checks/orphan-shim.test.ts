// orphan-shim: all three signs must be there; a silent runtime makes it unknown.
import { expect, it } from "vitest";
import { problemsOf, unknownOf } from "../testing/catalogue.ts";
import { aRuntime, aShim, failedProbe, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { orphanShim } from "./orphan-shim.ts";

const facts = (over: Parameters<typeof aShim>[0], runtime = aRuntime()) =>
  nodeFacts({
    runtimes: [runtime],
    processes: { ...healthyData().processes, shims: [aShim(), aShim({ containerId: hexId("x"), ...over })] },
  });

it("needs a shim that is unknown, alive and childless", () => {
  expect(problemsOf(orphanShim, facts({ known: false, liveChildren: 0 }))).toMatchObject([
    {
      subject: hexId("x"),
      params: { process: { pid: 880, startTicks: 6_000 }, containerId: hexId("x"), namespace: "k8s.io" },
    },
  ]);
  expect(problemsOf(orphanShim, facts({ known: true, liveChildren: 0 }))).toEqual([]);
  expect(problemsOf(orphanShim, facts({ known: null, liveChildren: 0 }))).toEqual([]);
  expect(problemsOf(orphanShim, facts({ known: false, liveChildren: 1 }))).toEqual([]);
  expect(problemsOf(orphanShim, facts({ known: false, liveChildren: 0, state: "Z" }))).toEqual([]);
});

it("takes a stopped orphan too", () => {
  expect(problemsOf(orphanShim, facts({ known: false, liveChildren: 0, state: "T" }))).toHaveLength(1);
});

it("is unknown while the runtime is silent or could not be asked", () => {
  const orphan = { known: false, liveChildren: 0 };
  expect(unknownOf(orphanShim, facts(orphan, aRuntime({ probe: failedProbe("DEADLINE_EXCEEDED", 1) })))).toContain(
    "does not answer",
  );
  const unasked = nodeFacts({ processes: { ...healthyData().processes, shims: [aShim({ known: null })] } });
  expect(unknownOf(orphanShim, unasked)).toContain("could be asked");
});
