// end-lost-container: names the top processes, refuses whatever somebody stands for.
import { expect, it } from "vitest";
import { actionsOf, contextOf, refusals } from "../testing/catalogue.ts";
import { aContainer, anExited, aRuntime, aShim, failedProbe, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { endLostContainer } from "./end-lost-container.ts";

const base = healthyData();
const process = (pid: number, ppid: number) => ({ pid, startTicks: pid * 10, ppid, name: "server", state: "S" });
const facts = (over: Parameters<typeof nodeFacts>[0] = {}, processes = [process(40, 1), process(41, 40)]) => {
  const lost = {
    containerId: hexId("x"),
    path: "/kubepods/x",
    processes,
    oomKills: null,
    pidsCurrent: null,
    pidsMax: null,
    throttledRatio: null,
  };
  return nodeFacts({ cgroups: { ...base.cgroups, containers: [lost] }, ...over });
};
const against = (now: ReturnType<typeof facts>) =>
  refusals(endLostContainer, contextOf("container-lost", facts(), now));

it("ends the processes at the top of the cgroup; the plan does not change with their children", () => {
  expect(against(facts())).toEqual([]);
  const expected = [
    {
      type: "container.end-lost",
      params: {
        containerId: hexId("x"),
        cgroupPath: "/kubepods/x",
        processes: [{ pid: 40, startTicks: 400 }],
        graceMs: 5_000,
      },
    },
  ];
  expect(actionsOf(endLostContainer, contextOf("container-lost", facts()))).toEqual(expected);
  const later = facts({}, [process(40, 1), process(99, 40)]);
  expect(actionsOf(endLostContainer, contextOf("container-lost", facts(), later))).toEqual(expected);
});

it("refuses when a runtime lists it, a shim may own it, or the runtime is silent", () => {
  expect(against(facts({ containers: [aContainer({ id: hexId("x") })] }))).toEqual(["not-listed"]);
  expect(against(facts({ containers: [anExited("x", 90_000)] }))).toEqual(["not-listed"]);
  for (const known of [true, false, null]) {
    const shims = [aShim({ containerId: hexId("x"), known })];
    expect(against(facts({ processes: { ...base.processes, shims } }))).toEqual(["no-shim"]);
  }
  const above = [aShim({ process: { pid: 7, startTicks: 1 } })];
  const below = facts({ processes: { ...base.processes, shims: above } }, [process(40, 7)]);
  expect(against(below)).toEqual(["no-shim"]);
  expect(against(facts({ runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })] }))).toEqual([
    "runtime-answers",
  ]);
});

it("never touches the node's first process or the agent", () => {
  expect(against(facts({}, [process(40, 1), process(1, 0)]))).toEqual(["not-the-agent"]);
  expect(against(facts({}, [process(40, 1), process(base.agent.pid, 1)]))).toEqual(["not-the-agent"]);
});

it("has nothing to do when the processes have ended", () => {
  const ended = facts({}, []);
  expect(against(ended)).toContain("still-there");
  expect(actionsOf(endLostContainer, contextOf("container-lost", facts(), ended))).toEqual([]);
});
