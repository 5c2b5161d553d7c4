// mount-leaked: what claims a mount, one problem per container, unknown while nobody can say.
import { expect, it } from "vitest";
import { problemsOf, unknownOf } from "../testing/catalogue.ts";
import { anExited, aRuntime, aShim, failedProbe, healthyData, hexId, nodeFacts } from "../testing/facts.ts";
import { mountLeaked } from "./mount-leaked.ts";

const base = healthyData();
const mount = (word: string, leaf = "rootfs", busy = false) => ({
  mountPoint: `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${hexId(word)}/${leaf}`,
  type: "overlay",
  source: "overlay",
  runtime: "containerd",
  containerId: hexId(word),
  stacked: 1,
  busy,
});
const mounts = (...containerMounts: ReturnType<typeof mount>[]) => ({ mounts: { ...base.mounts, containerMounts } });

it("tells of a gone container once, with all its mounts", () => {
  expect(problemsOf(mountLeaked, nodeFacts(mounts(mount("gone"), mount("gone", "shm"), mount("app"))))).toMatchObject([
    { subject: hexId("gone"), reason: "MountLeaked", params: { mounts: [{ type: "overlay" }, {}] } },
  ]);
  expect(problemsOf(mountLeaked, nodeFacts(mounts(mount("gone", "rootfs", true))))).toMatchObject([
    { reason: "MountLeakedBusy" },
  ]);
});

it("is silent while anything stands for the container", () => {
  const facts = mounts(mount("x"));
  expect(problemsOf(mountLeaked, nodeFacts({ ...facts, containers: [anExited("x", 1_000)] }))).toEqual([]);
  const shims = [aShim({ containerId: hexId("x"), known: false })];
  expect(problemsOf(mountLeaked, nodeFacts({ ...facts, processes: { ...base.processes, shims } }))).toEqual([]);
  const alive = {
    containerId: hexId("x"),
    path: "/x",
    processes: [{ pid: 40, startTicks: 1, ppid: 1, name: "x", state: "S" }],
  };
  const containers = [{ ...alive, oomKills: null, pidsCurrent: null, pidsMax: null, throttledRatio: null }];
  expect(problemsOf(mountLeaked, nodeFacts({ ...facts, cgroups: { ...base.cgroups, containers } }))).toEqual([]);
  const volume = { ...mount("x"), containerId: "uid-web" };
  expect(problemsOf(mountLeaked, nodeFacts(mounts(volume)))).toEqual([]);
});

it("is unknown while the runtime is silent", () => {
  const facts = nodeFacts({ ...mounts(mount("gone")), runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 1) })] });
  expect(unknownOf(mountLeaked, facts)).toContain("does not answer");
});
