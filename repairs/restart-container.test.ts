// restart-container: exactly the container with the zombies, only while it runs and its runtime answers.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aContainer, aRuntime, failedProbe, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { restartContainer } from "./restart-container.ts";

const base = healthyData().processes;
const facts = (over: Parameters<typeof nodeFacts>[0] = {}, containerId: string | null = hexId("app")) => {
  const parent = { process: { pid: 9, startTicks: 7 }, name: "sleep", count: 30, containerId, sample: [] };
  return nodeFacts({ processes: { ...base, zombieCount: 30, zombieParents: [parent] }, ...over });
};

it("restarts that container through its runtime", () => {
  const ctx = contextOf("zombie-pileup", facts());
  expect(refusals(restartContainer, ctx)).toEqual([]);
  expect(actionsOf(restartContainer, ctx)).toEqual([
    { type: "container.restart", params: { runtime: "containerd", containerId: hexId("app"), graceMs: 5_000 } },
  ]);
});

it("refuses when the container does not run, the runtime is silent, or the parent is no container's", () => {
  const against = (over: Parameters<typeof nodeFacts>[0]) =>
    refusals(restartContainer, contextOf("zombie-pileup", facts(over)));
  expect(against({ containers: [aContainer({ state: "exited" })] })).toEqual(["container-running"]);
  expect(against({ runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })] })).toEqual(["runtime-answers"]);
  const host = contextOf("zombie-pileup", facts({}, null));
  expect(refusals(restartContainer, host)).toEqual(["still-there", "container-running"]);
  expect(actionsOf(restartContainer, host)).toEqual([]);
});
