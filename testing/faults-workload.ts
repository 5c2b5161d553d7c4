import { aContainer, aModule, anExited, aPod, aRuntime, aShim, hexId, NOW, nodeFacts } from "./facts.ts";
import { aWorkload } from "./facts-workload.ts";
import { base, cgroupOf, leftoverMount } from "./fault-parts.ts";
import type { FaultFixture } from "./fixture-words.ts";

import {
  APP,
  advised,
  aLog,
  aQuota,
  aSandbox,
  dead,
  deadPod,
  GIB,
  gvisor,
  gvisorWell,
  HOUR,
  hook,
  MIB,
  MINUTE,
  manyPods,
  POD,
  restart,
  SECOND,
  sandboxesOf,
  seen,
  shimsOf,
  unfound,
  withKubelet,
  withOps,
  workloadOf,
} from "./workload-parts.ts";

/** Check id → its bad fixtures. */
export const workloadFaults = {
  "shim-hung": [
    {
      name: "stopped by a signal",
      facts: nodeFacts({ processes: { ...base.processes, shims: [aShim({ state: "T" })] } }),
      subject: POD,
      reason: "ShimStopped",
    },
  ],
  "container-frozen": [
    {
      name: "its control group is frozen",
      facts: seen({ isFrozen: true, isFrozenItself: true, frozenSince: NOW - 11 * MINUTE, frozenBy: null }),
      subject: APP,
      reason: "CgroupFrozen",
    },
    {
      name: "frozen for minutes: its tasks are in state D",
      facts: nodeFacts({
        workload: workloadOf({ containers: [aWorkload({ isFrozen: true, frozenSince: NOW - 11 * MINUTE })] }),
        processes: {
          ...base.processes,
          uninterruptible: [
            {
              process: { pid: 900, startTicks: 7_000 },
              name: "app",
              waitChannel: "__refrigerator",
              since: NOW - 5 * MINUTE,
              containerId: APP,
            },
          ],
        },
      }),
      subject: APP,
      reason: "CgroupFrozen",
    },
    {
      name: "frozen with the group above it",
      facts: seen({ isFrozen: true, isFrozenItself: false, frozenSince: NOW - 11 * MINUTE }),
      subject: APP,
      reason: "FrozenFromAbove",
    },
  ],
  "container-pids-limit": [
    { name: "95 of 100 tasks", facts: seen({ pidsCurrent: 95 }), subject: APP, reason: "TasksNearLimit" },
    {
      name: "a fork was refused half a minute ago",
      facts: seen({ pidsCurrent: 40, pidsRefused: 12, pidsRefusedAt: NOW - 30 * SECOND }),
      subject: APP,
      reason: "ForkRefused",
    },
  ],
  "sandbox-leftover": [
    {
      name: "a sandbox that failed to start, nobody else removes it",
      facts: nodeFacts({ pods: [aPod(), deadPod("failed", 5 * MINUTE)] }),
      subject: "containerd",
      reason: "SandboxNotReady",
    },
    {
      name: "beside a kubelet: replaced long ago, without a container",
      facts: nodeFacts({
        modules: withKubelet,
        pods: [aPod(), deadPod("old", HOUR, { uid: "uid-web", name: "web" })].map((p) =>
          p.ready ? { ...p, createdAt: NOW - 50 * MINUTE } : p,
        ),
      }),
      subject: "containerd",
      reason: "SandboxNotReady",
    },
  ],
  "sandbox-process-leftover": [
    {
      name: "gVisor, in a control group of its id, with its mounts",
      facts: nodeFacts({
        mounts: {
          ...base.mounts,
          containerMounts: [...base.mounts.containerMounts, leftoverMount(hexId("left"), "rootfs", { busy: true })],
        },
        sandboxes: sandboxesOf({
          processes: [aSandbox({}), aSandbox({ role: "gofer", process: { pid: 5_099, startTicks: 59_999 } })],
        }),
        cgroups: {
          ...base.cgroups,
          containers: [
            ...base.cgroups.containers,
            cgroupOf("left", [{ pid: 5_100, startTicks: 60_000, ppid: 1, name: "exe", state: "S" }]),
          ],
        },
      }),
      subject: hexId("left"),
      reason: "GvisorLeftover",
    },
    {
      name: "a Kata VM whose shim died",
      facts: nodeFacts({
        sandboxes: sandboxesOf({
          processes: [aSandbox({ kind: "kata", role: "vm", name: "qemu-system-x86", rssBytes: GIB })],
        }),
      }),
      subject: hexId("left"),
      reason: "KataVmLeftover",
    },
    {
      name: "LXC of an earlier generation",
      facts: nodeFacts({
        sandboxes: sandboxesOf({
          processes: [aSandbox({ kind: "lxc", role: "monitor", name: "lxc-start", containerId: "old-app" })],
        }),
      }),
      subject: "old-app",
      reason: "LxcLeftover",
    },
  ],
  "container-log-large": [
    {
      name: "600 MiB, never rotated",
      facts: nodeFacts({ containerLogs: [aLog(600 * MIB)] }),
      subject: APP,
      reason: "NotRotated",
    },
    {
      name: "a fifth of a small disk",
      facts: nodeFacts({ containerLogs: [aLog(50 * MIB, { filesystemBytes: 256 * MIB, mountPoint: "/var/log" })] }),
      subject: APP,
      reason: "NotRotated",
    },
    {
      name: "faster than it is rotated",
      facts: nodeFacts({ containerLogs: [aLog(2 * GIB, { rotatedCount: 4, growthBytesPerMinute: 200 * MIB })] }),
      subject: APP,
      reason: "RotationTooSlow",
    },
  ],
  "dead-containers-many": [
    {
      name: "a hundred",
      facts: nodeFacts({ containers: [aContainer(), ...dead(100)] }),
      subject: "containerd",
      reason: "DeadContainers",
    },
    {
      name: "sixty, and one that runs",
      facts: nodeFacts({ containers: [aContainer(), ...dead(60)] }),
      subject: "containerd",
      reason: "DeadContainers",
    },
  ],
  "container-restarting": [
    {
      name: "ends with an error each time",
      facts: nodeFacts({ workload: workloadOf({ restarts: [restart({})] }) }),
      subject: "containerd/uid-web/app",
      reason: "CrashLoop",
    },
    {
      name: "runs out of memory each time",
      facts: nodeFacts({
        containers: [aContainer(), anExited("before", MINUTE, { name: "app", reason: "OOMKilled", exitCode: 137 })],
        workload: workloadOf({ restarts: [restart({ exitCode: 137, reason: "OOMKilled" })] }),
      }),
      subject: "containerd/uid-web/app",
      reason: "OOMLoop",
    },
  ],
  "container-oom-killed": [
    {
      name: "a process of a running container",
      facts: seen({ oomKills: 3, oomKilledAt: NOW - 2 * MINUTE }),
      subject: APP,
      reason: "ProcessOOMKilled",
    },
    {
      name: "its first process: it ended",
      facts: nodeFacts({
        containers: [aContainer(), anExited("eater", 3 * MINUTE, { reason: "OOMKilled", exitCode: 137 })],
      }),
      subject: hexId("eater"),
      reason: "ContainerOOMKilled",
    },
  ],
  "container-memory-near-limit": [
    {
      name: "95 % of its limit",
      facts: seen({ memoryUsedBytes: 121.6 * MIB }),
      subject: APP,
      reason: "MemoryNearLimit",
    },
  ],
  "container-cpu-throttled": [
    { name: "in a third of its periods", facts: seen({ throttledRatio: 0.35 }), subject: APP, reason: "Throttled" },
  ],
  "container-cpu-near-limit": [
    {
      name: "where advice is asked for",
      facts: advised(["limits"], { cpuUsedMillis: 475 }),
      subject: APP,
      reason: "CpuNearLimit",
    },
  ],
  "container-no-limits": [
    {
      name: "where advice is asked for",
      facts: advised(["limits"], { memoryLimitBytes: null, podMemoryLimitBytes: null, memoryUsedBytes: null }),
      subject: "node",
      reason: "NoMemoryLimit",
    },
  ],
  "container-requests-far-off": [
    {
      name: "8 GiB kept, 200 MiB ever used",
      facts: advised(
        ["requests"],
        {
          memoryLimitBytes: 8 * GIB,
          memoryPeakBytes: 410 * MIB,
          memoryUsedBytes: 0,
          cpuRequestMillis: 4_000,
          cpuLimitMillis: 4_000,
          cpuUsedMillis: 0,
        },
        { containers: [aContainer({ startedAt: NOW - 30 * HOUR, createdAt: NOW - 30 * HOUR })] },
      ),
      subject: "node",
      reason: "RequestsFarOff",
    },
  ],
  "container-unhealthy": [
    { name: "by its own check", facts: seen({ health: "unhealthy" }), subject: APP, reason: "HealthCheckFailed" },
  ],
  "container-exited-badly": [
    {
      name: "program not found, nobody starts it again",
      facts: nodeFacts({ containers: [aContainer(), anExited("job", 2 * MINUTE, { exitCode: 127, reason: "Error" })] }),
      subject: hexId("job"),
      reason: "ExitedWithError",
    },
  ],
  "container-files-near-limit": [
    { name: "95 % of 1,024", facts: seen({ openFiles: 973 }), subject: APP, reason: "OpenFilesNearLimit" },
  ],
  "nproc-shared-by-uid": [
    {
      name: "three containers of one image",
      facts: nodeFacts({
        workload: workloadOf({
          users: [{ uid: 1_000, threads: 3_686, nprocMax: 4_096, containers: [APP, hexId("b"), hexId("c")] }],
        }),
      }),
      subject: "uid 1000",
      reason: "NprocSharedByUid",
    },
  ],
  "environment-huge": [
    {
      name: "service links of thousands of services",
      facts: seen({ envBytes: 600_000, envCount: 9_000 }),
      subject: APP,
      reason: "EnvironmentHuge",
    },
  ],
  "container-runs-as-root": [
    {
      name: "where advice is asked for",
      facts: advised(["security"], { isRoot: true, uid: 0 }),
      subject: "node",
      reason: "RunsAsRoot",
    },
  ],
  "container-privileged": [
    {
      name: "where advice is asked for",
      facts: advised(["security"], { isRoot: true, uid: 0, isPrivileged: true }),
      subject: "node",
      reason: "Privileged",
    },
  ],
  "serial-number-wrong": [
    {
      name: "of another machine",
      facts: seen({ serialShown: "SN-OLD", serialWanted: "SN-1234" }),
      subject: APP,
      reason: "SerialDiffers",
    },
    {
      name: "bound, but unreadable",
      facts: seen({ serialShown: "", serialWanted: "SN-1234" }),
      subject: APP,
      reason: "SerialUnreadable",
    },
  ],
  "ops-sidecar-qos": [
    {
      name: "the application is not guaranteed its CPU",
      facts: withOps({}, { cpuRequestMillis: 100, cpuLimitMillis: 500 }),
      subject: POD,
      reason: "SidecarQos",
    },
    { name: "the sidecar has no limits", facts: withOps({ cpuLimitMillis: null }), subject: POD, reason: "SidecarQos" },
    {
      name: "nothing limits the pod as a whole",
      facts: withOps({ podCpuLimitMillis: null, podMemoryLimitBytes: null }),
      subject: POD,
      reason: "PodUnbound",
    },
  ],
  "start-hook-failed": [
    {
      name: "it left a record",
      facts: nodeFacts({
        workload: workloadOf({ startHooks: [hook({ exitCode: 1, message: "route server refused" })] }),
      }),
      subject: `${APP}/security-route`,
      reason: "HookFailed",
    },
    {
      name: "the runtime gave the start up",
      facts: nodeFacts({
        containers: [
          aContainer(),
          anExited("held", 2 * MINUTE, { exitCode: 128, reason: "error running hook #0: exit status 1" }),
        ],
      }),
      subject: hexId("held"),
      reason: "HookStopsStart",
    },
  ],
  "start-hook-slow": [
    {
      name: "took 40 s",
      facts: nodeFacts({ workload: workloadOf({ startHooks: [hook({ endedAt: NOW - 5 * MINUTE + 40 * SECOND })] }) }),
      subject: `${APP}/security-route`,
      reason: "HookSlow",
    },
    {
      name: "has not come back",
      facts: nodeFacts({
        workload: workloadOf({ startHooks: [hook({ exitCode: null, startedAt: NOW - MINUTE, endedAt: null })] }),
      }),
      subject: `${APP}/security-route`,
      reason: "HookRuns",
    },
  ],
  "ops-agent-missing": [
    {
      name: "wanted and not there",
      facts: nodeFacts({
        workload: workloadOf({
          opsAgents: [{ containerId: APP, name: "ops-agent", isRunning: false, version: null, wantedVersion: "2.1.0" }],
        }),
      }),
      subject: `${APP}/ops-agent`,
      reason: "OpsAgentMissing",
    },
  ],
  "ops-agent-outdated": [
    {
      name: "2.0.9 instead of 2.1.0",
      facts: nodeFacts({
        workload: workloadOf({
          opsAgents: [
            { containerId: APP, name: "ops-agent", isRunning: true, version: "2.0.9", wantedVersion: "2.1.0" },
          ],
        }),
      }),
      subject: "ops-agent",
      reason: "OpsAgentOutdated",
    },
  ],
  "attach-impossible": [
    {
      name: "a pid namespace of its own",
      facts: withOps({ pidNamespace: "4026532999" }),
      subject: POD,
      reason: "PidNamespaceNotShared",
    },
  ],
  "lxcfs-not-seen": [
    {
      name: "its label asks for it, nothing is bound",
      facts: nodeFacts({
        lxcfs: { ...base.lxcfs, containers: [] },
        workload: workloadOf({ containers: [aWorkload({ isLxcfsWanted: true, isLxcfsBound: false })] }),
      }),
      subject: APP,
      reason: "LxcfsNotBound",
    },
  ],
  "jvm-sees-host-memory": [
    {
      name: "Java 8u151 without heap options",
      facts: seen({ isLxcfsBound: false, jvm: { version: "1.8.0_151", isHeapSet: false } }),
      subject: APP,
      reason: "HeapByNodeMemory",
    },
  ],
  "diskquota-not-applied": [
    {
      name: "the file system enforces none",
      facts: nodeFacts({ quotas: [aQuota({ limitBytes: 0, usedBytes: null })] }),
      subject: APP,
      reason: "QuotaNotApplied",
    },
    {
      name: "mounted without project quotas",
      facts: nodeFacts({ quotas: [aQuota({ limitBytes: 0, usedBytes: null, isQuotaMounted: false })] }),
      subject: APP,
      reason: "QuotaNotMounted",
    },
  ],
  "diskquota-exceeded": [
    {
      name: "full",
      facts: nodeFacts({ quotas: [aQuota({ usedBytes: 10 * GIB })] }),
      subject: APP,
      reason: "QuotaExceeded",
    },
  ],
  "kata-agent-silent": [
    {
      name: "the shim answers, the guest does not",
      facts: nodeFacts({
        sandboxes: sandboxesOf({
          processes: [
            aSandbox({
              kind: "kata",
              role: "vm",
              name: "qemu-system-x86",
              containerId: POD,
              isListed: true,
              isAgentAnswering: false,
            }),
          ],
        }),
      }),
      subject: POD,
      reason: "GuestSilent",
    },
  ],
  "gvisor-sandbox-gone": [
    { name: "listed as running, no sandbox process", facts: gvisor([]), subject: APP, reason: "SandboxProcessGone" },
  ],
  "gvisor-gofer-gone": [
    { name: "the container's gofer died", facts: gvisor(gvisorWell.slice(0, 2)), subject: POD, reason: "GoferGone" },
  ],
  "lxc-leftovers": [
    {
      name: "two configured, none runs",
      facts: nodeFacts({ sandboxes: sandboxesOf({ lxcStopped: ["app-old", "db-old"] }) }),
      subject: "lxc",
      reason: "LxcLeftovers",
    },
  ],
  "runtime-class-missing": [
    {
      name: "wanted, its shim is not installed",
      facts: nodeFacts({
        sandboxes: sandboxesOf({
          handlers: [
            ...base.sandboxes.handlers,
            { runtime: "containerd", name: "kata", binary: "containerd-shim-kata-v2", isFound: false, isWanted: true },
          ],
        }),
      }),
      subject: "kata",
      reason: "HandlerProgramMissing",
    },
    {
      name: "wanted, and no runtime has heard of it",
      facts: nodeFacts({
        sandboxes: sandboxesOf({
          handlers: [
            ...base.sandboxes.handlers,
            { runtime: "", name: "kata", binary: null, isFound: false, isWanted: true },
          ],
        }),
      }),
      subject: "kata",
      reason: "HandlerNotConfigured",
    },
  ],
  "runtime-crash-loop": [
    {
      name: "six starts, and it answers just now",
      facts: nodeFacts({
        workload: workloadOf({
          daemonStarts: [{ module: "containerd", count: 6, firstAt: NOW - 15 * MINUTE, lastAt: NOW - 20 * SECOND }],
        }),
      }),
      subject: "containerd",
      reason: "FrequentRestart",
    },
  ],
  "runtime-cri-off": [
    {
      name: "Docker's package on a kubelet's node",
      facts: unfound(
        { isCriDisabled: true },
        { modules: [...withKubelet, aModule({ name: "dockerd", process: { pid: 705, startTicks: 5_010 } })] },
      ),
      subject: "containerd",
      reason: "CriDisabled",
    },
  ],
  "runtime-socket-missing": [
    {
      name: "somebody cleaned /run",
      facts: unfound({ isSocketThere: false }),
      subject: "containerd",
      reason: "SocketMissing",
    },
  ],
  "runtime-not-ready": [
    {
      name: "a plugin failed to load",
      facts: nodeFacts({
        runtimes: [
          aRuntime({
            conditions: [
              { type: "RuntimeReady", status: false, reason: "PluginFailed", message: "snapshotter failed to load" },
              { type: "NetworkReady", status: true, reason: "", message: "" },
            ],
          }),
        ],
      }),
      subject: "containerd",
      reason: "RuntimeNotReady",
    },
  ],
  "shims-too-many": [
    {
      name: "those of another engine pile up",
      facts: nodeFacts({ processes: { ...base.processes, shims: [aShim(), ...shimsOf(30)] } }),
      subject: "shims",
      reason: "ShimsTooMany",
    },
  ],
  "shim-without-children": [
    {
      name: "the runtime missed the end of its container",
      facts: nodeFacts({
        processes: { ...base.processes, shims: [aShim({ liveChildren: 0 })] },
        cgroups: { ...base.cgroups, containers: [] },
        workload: workloadOf({ containers: [], users: [] }),
      }),
      subject: POD,
      reason: "ShimChildless",
    },
  ],
  "runc-stuck": [
    {
      name: "a kill that waits for the bus",
      facts: nodeFacts({
        sandboxes: sandboxesOf({
          runtimeCalls: [
            {
              process: { pid: 6_000, startTicks: 70_000 },
              name: "runc",
              verb: "kill",
              containerId: APP,
              state: "S",
              startedAt: NOW - HOUR,
            },
          ],
        }),
      }),
      subject: "oci-runtime",
      reason: "RuntimeCallHangs",
    },
  ],
  "containers-too-many": [
    {
      name: "260 pods",
      facts: nodeFacts({
        ...manyPods(260),
        workload: workloadOf({ containers: [], users: [] }),
        cgroups: { ...base.cgroups, containers: [] },
        mounts: { ...base.mounts, containerMounts: [] },
      }),
      subject: "node",
      reason: "TooDense",
    },
  ],
  "pod-stuck-terminating": [
    {
      name: "its sandbox is gone, its container runs on",
      facts: nodeFacts({ pods: [aPod({ ready: false })] }),
      subject: POD,
      reason: "ContainersOutliveSandbox",
    },
  ],
} satisfies Record<string, FaultFixture[]>;
