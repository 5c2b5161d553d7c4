// reap-orphan-shim: each sign of life refuses it.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aContainer, aPod, aRuntime, aShim, failedProbe, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { reapOrphanShim } from "./reap-orphan-shim.ts";

const base = healthyData();
const facts = (shim: Parameters<typeof aShim>[0] = {}, over: Parameters<typeof nodeFacts>[0] = {}) => {
  const orphan = aShim({
    process: { pid: 50, startTicks: 5 },
    containerId: hexId("x"),
    known: false,
    liveChildren: 0,
    ...shim,
  });
  return nodeFacts({ processes: { ...base.processes, shims: [aShim(), orphan] }, ...over });
};
const against = (now: ReturnType<typeof facts>) => refusals(reapOrphanShim, contextOf("orphan-shim", facts(), now));

it("ends exactly that shim, asking the runtime of its namespace", () => {
  expect(against(facts())).toEqual([]);
  expect(actionsOf(reapOrphanShim, contextOf("orphan-shim", facts()))).toEqual([
    {
      type: "shim.reap",
      params: {
        process: { pid: 50, startTicks: 5 },
        containerId: hexId("x"),
        namespace: "k8s.io",
        runtime: "containerd",
      },
    },
  ]);
  const docker = facts({ namespace: "moby" }, { runtimes: [aRuntime(), aRuntime({ id: "docker", kind: "docker" })] });
  expect(actionsOf(reapOrphanShim, contextOf("orphan-shim", docker))).toMatchObject([
    { params: { runtime: "docker" } },
  ]);
});

it("refuses at any sign that it serves something", () => {
  expect(against(facts({ known: true }))).toEqual(["runtime-does-not-know"]);
  expect(against(facts({ known: null }))).toEqual(["runtime-does-not-know"]);
  expect(against(facts({ liveChildren: 1 }))).toEqual(["no-live-child"]);
  expect(against(facts({}, { pods: [aPod({ id: hexId("x") })] }))).toEqual(["not-listed"]);
  expect(against(facts({}, { containers: [aContainer({ id: hexId("x") })] }))).toEqual(["not-listed"]);
  expect(against(facts({ process: { pid: 50, startTicks: 6 } }))).toEqual(["same-process"]);
  expect(against(facts({}, { runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })] }))).toEqual([
    "runtime-answers",
  ]);
  const living = {
    containerId: hexId("x"),
    path: "/x",
    processes: [{ pid: 51, startTicks: 1, ppid: 1, name: "a", state: "S" }],
  };
  const containers = [{ ...living, oomKills: null, pidsCurrent: null, pidsMax: null, throttledRatio: null }];
  expect(against(facts({}, { cgroups: { ...base.cgroups, containers } }))).toEqual(["no-live-child"]);
  expect(against(nodeFacts())).toContain("still-there");
});
