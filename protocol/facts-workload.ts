// Facts of containers and sandboxes as the kernel sees them: what a container uses of its limits, its log, its sandbox processes, its disk quota.
import { z } from "zod";
import { Bytes, Count, Instant, ProcessRef } from "./facts-base.ts";

/**
 * One running container, looked at from its first process and its control group. `null`: this node cannot tell. Where a helper in the node's own
 * view stands for the container (gVisor, Kata), what /proc tells is of that one and left out.
 */
const WorkloadContainer = z.object({
  id: z.string(),
  process: ProcessRef,
  /** User of the first process, as the node numbers it. */
  uid: Count.nullable(),
  /** Soft RLIMIT_NPROC of the first process; null where it is unlimited. */
  nprocMax: Count.nullable(),
  /** Environment of the first process: how many variables and bytes, never what they say. */
  envCount: Count.nullable(),
  envBytes: Bytes.nullable(),
  oomScoreAdj: z.number().nullable(),
  /** As a kubelet sets oom_score_adj: −997 guaranteed, 1000 best effort, between 2 and 999 burstable; null for every other value. */
  qos: z.enum(["guaranteed", "burstable", "best-effort"]).nullable(),
  /** From cpu.shares or cpu.weight, thousandths of a core; null where it is the kernel's default. */
  cpuRequestMillis: z.number().nullable(),
  cpuLimitMillis: z.number().nullable(),
  /** Use over the last window of about a minute, thousandths of a core; null where there is neither limit nor request. */
  cpuUsedMillis: z.number().nullable(),
  /** Throttled periods / periods over the last window of five minutes. */
  throttledRatio: z.number().nullable(),
  memoryLimitBytes: Bytes.nullable(),
  /** Page cache that can go at once left out. */
  memoryUsedBytes: Bytes.nullable(),
  memoryPeakBytes: Bytes.nullable(),
  /** Limits of the control group above it: those of the pod. */
  podCpuLimitMillis: z.number().nullable(),
  podMemoryLimitBytes: Bytes.nullable(),
  oomKills: Count.nullable(),
  /** When the agent saw that count rise last; null before it did. */
  oomKilledAt: Instant.nullable(),
  /** Null where there is no limit. */
  pidsCurrent: Count.nullable(),
  pidsMax: Count.nullable(),
  /** Forks that the limit refused (pids.events max), and when the agent saw that count rise last. */
  pidsRefused: Count.nullable(),
  pidsRefusedAt: Instant.nullable(),
  /** The limit that it had when the agent saw one first: what was meant, before anybody raised it. */
  pidsMaxFirst: Count.nullable().optional(),
  /** When the agent last saw its tasks double within five minutes, or forks refused by the hundred: a fork bomb looks so. Null before it did. */
  pidsFastAt: Instant.nullable().optional(),
  /** By itself or from above. */
  isFrozen: z.boolean().nullable(),
  /** Its own control group was told to freeze, not one above it. */
  isFrozenItself: z.boolean().nullable().optional(),
  /** Since when every look of the agent found it frozen; null while it is not. */
  frozenSince: Instant.nullable().optional(),
  /** Who is at work with it while it is frozen: a checkpoint, or a pause that its runtime knows of; null where nobody is known. */
  frozenBy: z.string().nullable().optional(),
  openFiles: Count.nullable(),
  openFilesMax: Count.nullable(),
  isRoot: z.boolean(),
  /** Holds every capability that this kernel knows. */
  isPrivileged: z.boolean(),
  /** In the node's own pid namespace. */
  isInHostPidNamespace: z.boolean(),
  /** Number of its pid namespace: containers that share one have the same. */
  pidNamespace: z.string().nullable(),
  /** Matches the agent's configuration `workload.opsContainers`. */
  isOps: z.boolean(),
  /** Its configuration or label says that it shall see its own limits through lxcfs; null where nothing says so. */
  isLxcfsWanted: z.boolean().nullable(),
  isLxcfsBound: z.boolean(),
  /** Health check of the engine (Docker, Podman); null without one. */
  health: z.enum(["starting", "healthy", "unhealthy"]).nullable(),
  /** A Java process: its version, and whether heap size options are given. */
  jvm: z.object({ version: z.string().nullable(), isHeapSet: z.boolean() }).nullable(),
  /** Serial number that the container is shown in place of the machine's; null where none is bound in. */
  serialShown: z.string().nullable(),
  serialWanted: z.string().nullable(),
});

export const WorkloadFact = z.object({
  /** At most 1,000, by id. */
  containers: z.array(WorkloadContainer),
  /** Running containers beyond that. */
  omitted: Count,
  /** Containers that were started again within the last 15 min, at most 200, most restarts first. */
  restarts: z.array(
    z.object({
      runtime: z.string(),
      /** Stays the same from one start to the next. */
      key: z.string(),
      containerId: z.string(),
      name: z.string(),
      podName: z.string().nullable(),
      image: z.string(),
      /** Starts after the first within the window. */
      count: Count,
      lastAt: Instant,
      exitCode: z.number().nullable(),
      reason: z.string().nullable(),
    }),
  ),
  /** Threads on the node by user, for users other than root under whom containers with a process limit run; at most 200. */
  users: z.array(z.object({ uid: Count, threads: Count, nprocMax: Count, containers: z.array(z.string()) })),
  /** Agents that `workload.opsAgents` of the configuration wants in containers, at most 1,000. */
  opsAgents: z.array(
    z.object({
      containerId: z.string(),
      name: z.string(),
      isRunning: z.boolean(),
      version: z.string().nullable(),
      wantedVersion: z.string().nullable(),
    }),
  ),
  /** Records that start hooks left in `workload.hookRecords`, of the last hour, at most 200. */
  startHooks: z.array(
    z.object({
      containerId: z.string(),
      hook: z.string(),
      exitCode: z.number().nullable(),
      startedAt: Instant,
      endedAt: Instant.nullable(),
      message: z.string().nullable(),
    }),
  ),
  /** Starts of each runtime's daemon within the last 20 min that the agent saw. */
  daemonStarts: z.array(z.object({ module: z.string(), count: Count, firstAt: Instant, lastAt: Instant })),
  /** How long a container must have been frozen before it may be thawed here (`thaw.containerAfterMs`). */
  thawAfterMs: z.number().optional(),
  /** What the node's owner wants advice on (`workload.advise`). */
  advise: z.array(z.enum(["limits", "requests", "security"])),
});

/** Log files of containers, at most 1,000. */
export const ContainerLogsFact = z.array(
  z.object({
    containerId: z.string(),
    runtime: z.string(),
    path: z.string(),
    /** Whole MiB below 64 MiB, two digits above. */
    sizeBytes: Bytes,
    /** Over the last look, 0 below 1 MiB; null at the first. */
    growthBytesPerMinute: z.number().nullable(),
    /** Older pieces beside it. */
    rotatedCount: Count,
    filesystemBytes: Bytes.nullable(),
    mountPoint: z.string().nullable(),
  }),
);

export const SandboxesFact = z.object({
  /** Processes of Kata VMs, gVisor and LXC, at most 2,000. */
  processes: z.array(
    z.object({
      kind: z.enum(["kata", "gvisor", "lxc"]),
      role: z.enum(["vm", "sentry", "gofer", "monitor", "helper"]),
      process: ProcessRef,
      name: z.string(),
      /** Id of the sandbox (or, for a gofer, of the container) that it was started for. */
      containerId: z.string(),
      /** Whether a runtime of this node lists that id; null when one could not be asked. */
      isListed: z.boolean().nullable(),
      state: z.string(),
      startedAt: Instant,
      rssBytes: Bytes,
      /** Kata: whether the guest's agent answers through the shim; null where it cannot be asked. */
      isAgentAnswering: z.boolean().nullable(),
    }),
  ),
  /** Runtime handlers that configuration names, and whether their program is there. */
  handlers: z.array(
    z.object({
      runtime: z.string(),
      name: z.string(),
      binary: z.string().nullable(),
      isFound: z.boolean().nullable(),
      isWanted: z.boolean(),
    }),
  ),
  /** Per runtime daemon: its configuration file, whether CRI is switched off there, whether its socket exists. */
  daemons: z.array(
    z.object({
      module: z.string(),
      config: z.string().nullable(),
      isCriDisabled: z.boolean().nullable(),
      socket: z.string().nullable(),
      isSocketThere: z.boolean().nullable(),
    }),
  ),
  /** Calls of an OCI runtime (runc, crun …) that go on for a minute and more, at most 100. */
  runtimeCalls: z.array(
    z.object({
      process: ProcessRef,
      name: z.string(),
      verb: z.string(),
      containerId: z.string().nullable(),
      state: z.string(),
      startedAt: Instant,
    }),
  ),
  /** LXC containers that are configured and do not run. */
  lxcStopped: z.array(z.string()),
});

/** Disk quotas of containers that have or want one, at most 1,000. */
export const QuotasFact = z.array(
  z.object({
    containerId: z.string(),
    /** What the container was made with; null when nothing says so. */
    wantedBytes: Bytes.nullable(),
    /** What the file system of its writable layer enforces; null when it cannot be asked, 0 when it enforces none. */
    limitBytes: Bytes.nullable(),
    usedBytes: Bytes.nullable(),
    fileSystem: z.string().nullable(),
    /** Whether that file system is mounted with project quotas; null where it needs no option. */
    isQuotaMounted: z.boolean().nullable(),
    mountPoint: z.string().nullable(),
  }),
);

export const workloadFacts = {
  workload: WorkloadFact,
  containerLogs: ContainerLogsFact,
  sandboxes: SandboxesFact,
  quotas: QuotasFact,
} as const;
