// container-lost: who counts as alive, who counts as listed, and which processes stand for the container.
import { expect, it } from "vitest";
import { problemsOf, unknownOf } from "../testing/catalogue.ts";
import {
  aContainer,
  anExited,
  aPod,
  aRuntime,
  aShim,
  failedProbe,
  healthyData,
  hexId,
  nodeFacts,
} from "../testing/facts.ts";
import { containerLost } from "./container-lost.ts";

const base = healthyData();
const process = (pid: number, ppid: number, state = "S") => ({
  pid,
  startTicks: pid * 10,
  ppid,
  name: `p${pid}`,
  state,
});
const cgroups = (processes: ReturnType<typeof process>[], path = `/kubepods/pod1/${hexId("x")}`) => ({
  ...base.cgroups,
  containers: [
    { containerId: hexId("x"), path, processes, oomKills: 0, pidsCurrent: null, pidsMax: null, throttledRatio: null },
  ],
});

it("names the processes at the top: what they start comes and goes", () => {
  const facts = nodeFacts({ cgroups: cgroups([process(40, 1), process(41, 40), process(42, 41, "R")]) });
  const [problem] = problemsOf(containerLost, facts);
  expect(problem?.params).toEqual({
    containerId: hexId("x"),
    cgroupPath: `/kubepods/pod1/${hexId("x")}`,
    processes: [{ pid: 40, startTicks: 400 }],
  });
  const later = nodeFacts({ cgroups: cgroups([process(40, 1), process(77, 40)]) });
  expect(problemsOf(containerLost, later)).toEqual([problem]);
});

it("is silent for zombies, the shim itself, pid 1 and the agent", () => {
  expect(problemsOf(containerLost, nodeFacts({ cgroups: cgroups([process(40, 1, "Z")]) }))).toEqual([]);
  expect(problemsOf(containerLost, nodeFacts({ cgroups: cgroups([process(1, 0)]) }))).toEqual([]);
  expect(problemsOf(containerLost, nodeFacts({ cgroups: cgroups([process(base.agent.pid, 5)]) }))).toEqual([]);
  const shim = aShim({ process: { pid: 40, startTicks: 400 }, containerId: hexId("x"), known: false, liveChildren: 0 });
  expect(
    problemsOf(
      containerLost,
      nodeFacts({ cgroups: cgroups([process(40, 1)]), processes: { ...base.processes, shims: [shim] } }),
    ),
  ).toEqual([]);
});

it("believes the runtime's lists: running, created and paused containers and pods are not lost, exited ones are", () => {
  const alive = cgroups([process(40, 1)]);
  for (const state of ["running", "created", "paused", "unknown"] as const) {
    expect(
      problemsOf(containerLost, nodeFacts({ cgroups: alive, containers: [aContainer({ id: hexId("x"), state })] })),
      state,
    ).toEqual([]);
  }
  expect(problemsOf(containerLost, nodeFacts({ cgroups: alive, pods: [aPod({ id: hexId("x") })] }))).toEqual([]);
  expect(problemsOf(containerLost, nodeFacts({ cgroups: alive, containers: [anExited("x", 60_000)] }))).toMatchObject([
    { reason: "ContainerEnded" },
  ]);
});

it("is unknown while a runtime is silent or none was found, ok where no container cgroup is", () => {
  const alive = cgroups([process(40, 1)]);
  expect(
    unknownOf(
      containerLost,
      nodeFacts({ cgroups: alive, runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })] }),
    ),
  ).toContain("does not answer");
  expect(unknownOf(containerLost, nodeFacts({ cgroups: alive, runtimes: [] }))).toContain("no container runtime");
  expect(problemsOf(containerLost, nodeFacts({ cgroups: { ...base.cgroups, containers: [] }, runtimes: [] }))).toEqual(
    [],
  );
});
