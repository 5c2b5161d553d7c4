// Healthy readings of containers, sandboxes, shims and runtimes that look a little like a fault.
import type { Facts } from "../protocol/facts.ts";
import { aContainer, aModule, anExited, aPod, aRuntime, aShim, hexId, NOW, nodeFacts } from "./facts.ts";
import { base, lxcfsModule } from "./fault-parts.ts";

import {
  APP,
  aLog,
  aQuota,
  aSandbox,
  dead,
  deadPod,
  gvisor,
  gvisorWell,
  HOUR,
  MIB,
  MINUTE,
  manyPods,
  manyPodsContainers,
  restart,
  SECOND,
  sandboxesOf,
  seen,
  unfound,
  withKubelet,
  withOps,
  workloadOf,
} from "./workload-parts.ts";

/** Healthy readings that look a little like a fault. */
export const workloadNearMisses: { name: string; facts: Facts }[] = [
  {
    name: "a debugger holds a shim (state t)",
    facts: nodeFacts({ processes: { ...base.processes, shims: [aShim({ state: "t" })] } }),
  },
  {
    name: "a container paused by its engine",
    facts: nodeFacts({
      containers: [aContainer({ state: "paused" })],
      workload: workloadOf({ containers: [], users: [] }),
      processes: {
        ...base.processes,
        uninterruptible: [
          {
            process: { pid: 900, startTicks: 7_000 },
            name: "app",
            waitChannel: "__refrigerator",
            since: NOW - HOUR,
            containerId: APP,
          },
        ],
      },
    }),
  },
  { name: "a container of no task limit", facts: seen({ pidsCurrent: null, pidsMax: null }) },
  { name: "a fork refused ten minutes ago", facts: seen({ pidsRefused: 12, pidsRefusedAt: NOW - 10 * MINUTE }) },
  {
    name: "a job that is done beside a kubelet: its sandbox stays as long as its pod",
    facts: nodeFacts({
      modules: withKubelet,
      pods: [aPod(), deadPod("job", 5 * HOUR)],
      containers: [aContainer(), anExited("done", 4 * HOUR, { podId: hexId("job"), podUid: "uid-job" })],
    }),
  },
  {
    name: "k3s: its kubelet is no process of its own, a finished helm job keeps its sandbox and log",
    facts: nodeFacts({
      pods: [aPod(), deadPod("helm-install-traefik", 5 * HOUR, { isKubelets: true })],
      containers: [aContainer(), anExited("done", 4 * HOUR, { podId: hexId("helm-install-traefik"), podUid: "uid" })],
    }),
  },
  {
    name: "k3s as an older agent tells it: only the socket says so",
    facts: nodeFacts({
      runtimes: [aRuntime({ endpoint: "unix:///run/k3s/containerd/containerd.sock" })],
      pods: [aPod(), deadPod("helm-install-traefik", 5 * HOUR)],
      containers: [
        aContainer(),
        anExited("done", 4 * HOUR, { podId: hexId("helm-install-traefik"), podUid: "uid-helm-install-traefik" }),
      ],
    }),
  },
  {
    name: "an older agent, a finished job whose uid is one of Kubernetes",
    facts: nodeFacts({
      pods: [aPod(), deadPod("job", 5 * HOUR, { uid: "5f0c1c0e-3b5c-4d7e-9a55-0d7b7a3a9d10" })],
      containers: [aContainer(), anExited("done", 4 * HOUR, { podId: hexId("job"), podUid: "uid-job" })],
    }),
  },
  {
    name: "two sandboxes without a uid beside a kubelet: neither replaces the other",
    facts: nodeFacts({
      modules: withKubelet,
      pods: [aPod(), deadPod("one", 5 * HOUR, { uid: "" }), deadPod("two", 4 * HOUR, { uid: "" })],
    }),
  },
  {
    name: "a sandbox whose last container ended a moment ago",
    facts: nodeFacts({
      pods: [aPod(), deadPod("job", HOUR)],
      containers: [aContainer(), anExited("done", 20 * SECOND, { podId: hexId("job"), podUid: "uid-job" })],
    }),
  },
  { name: "a log of 400 MiB on a large disk", facts: nodeFacts({ containerLogs: [aLog(400 * MIB)] }) },
  {
    name: "a log of a few MiB on a tiny disk",
    facts: nodeFacts({ containerLogs: [aLog(12 * MIB, { filesystemBytes: 64 * MIB })] }),
  },
  { name: "forty dead containers", facts: nodeFacts({ containers: [aContainer(), ...dead(40)] }) },
  {
    name: "sixty dead containers beside twenty that run",
    facts: nodeFacts({
      containers: [...manyPodsContainers(20), ...dead(60)],
      workload: workloadOf({ containers: [], users: [] }),
      cgroups: { ...base.cgroups, containers: [] },
      mounts: { ...base.mounts, containerMounts: [] },
    }),
  },
  { name: "gVisor as it should be", facts: gvisor(gvisorWell) },
  {
    name: "a gVisor sandbox that is being started",
    facts: nodeFacts({ sandboxes: sandboxesOf({ processes: [aSandbox({ startedAt: NOW - 20 * SECOND })] }) }),
  },
  {
    name: "a virtual machine on a node whose runtime could not be asked",
    facts: nodeFacts({
      sandboxes: sandboxesOf({ processes: [aSandbox({ kind: "kata", role: "vm", isListed: null })] }),
    }),
  },
  {
    name: "LXC on a machine of its own (Docker beside it)",
    facts: nodeFacts({
      runtimes: [aRuntime({ id: "docker", kind: "docker", name: "docker", conditions: [] })],
      containers: [aContainer({ runtime: "docker" })],
      pods: [aPod({ runtime: "docker" })],
      sandboxes: sandboxesOf({
        processes: [aSandbox({ kind: "lxc", role: "monitor", name: "lxc-start", containerId: "desk" })],
        lxcStopped: ["old-desk"],
      }),
    }),
  },
  { name: "one restart", facts: nodeFacts({ workload: workloadOf({ restarts: [restart({ count: 1 })] }) }) },
  { name: "memory killed an hour ago", facts: seen({ oomKills: 3, oomKilledAt: NOW - HOUR }) },
  {
    name: "a container that was stopped (137)",
    facts: nodeFacts({ containers: [aContainer(), anExited("ended", 5 * MINUTE, { exitCode: 137, reason: "Error" })] }),
  },
  {
    name: "root, privileged and without limits, and nobody asked for advice",
    facts: seen({
      isRoot: true,
      uid: 0,
      isPrivileged: true,
      memoryLimitBytes: null,
      podMemoryLimitBytes: null,
      cpuUsedMillis: 500,
    }),
  },
  { name: "an operation sidecar as it should be", facts: withOps({}) },
  { name: "a health check that starts", facts: seen({ health: "starting" }) },
  {
    name: "Java 17 without heap options",
    facts: seen({ isLxcfsBound: false, jvm: { version: "17.0.9", isHeapSet: false } }),
  },
  {
    name: "Java 8u392 without heap options",
    facts: seen({ isLxcfsBound: false, jvm: { version: "1.8.0_392", isHeapSet: false } }),
  },
  { name: "a quota as it should be", facts: nodeFacts({ quotas: [aQuota({})] }) },
  {
    name: "a quota of a file system that cannot be asked",
    facts: nodeFacts({
      quotas: [aQuota({ limitBytes: null, usedBytes: null, fileSystem: "btrfs", isQuotaMounted: null })],
    }),
  },
  {
    name: "containerd of Docker, CRI off, no kubelet",
    facts: unfound({ isCriDisabled: true, socket: "/run/containerd/containerd.sock" }),
  },
  {
    name: "a daemon that started a minute ago has no socket yet",
    facts: unfound(
      { isSocketThere: false },
      {
        modules: [
          aModule({ startedAt: NOW - MINUTE }),
          aModule({ name: "dockerd", process: { pid: 705, startTicks: 5_010 } }),
          lxcfsModule,
        ],
      },
    ),
  },
  {
    name: "a hundred pods, a hundred shims",
    facts: nodeFacts({
      ...manyPods(100),
      workload: workloadOf({ containers: [], users: [] }),
      processes: {
        ...base.processes,
        shims: Array.from({ length: 100 }, (_, i) =>
          aShim({ containerId: hexId(`p${i}`), process: { pid: 10_000 + i, startTicks: 6_000 } }),
        ),
      },
      cgroups: { ...base.cgroups, containers: [] },
      mounts: { ...base.mounts, containerMounts: [] },
    }),
  },
];
