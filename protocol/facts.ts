// Facts: what an agent sees on its node, raw and without verdict. One zod schema per kind; sizes in bytes, ratios 0–1, instants in epoch ms.
import { z } from "zod";
import { Bytes, Count, Instant, Pid, Probe, ProcessRef } from "./facts-base.ts";
import { distributionFacts } from "./facts-distribution.ts";
import { logFacts } from "./facts-log.ts";
import { machineFacts } from "./facts-machine.ts";
import { podNetworkFacts } from "./facts-network.ts";
import { serviceFacts } from "./facts-services.ts";
import { workloadFacts } from "./facts-workload.ts";

export const IdentityFact = z.object({
  hostname: z.string(),
  machineId: z.string(),
  bootId: z.string(),
  bootedAt: Instant,
  os: z.object({ id: z.string(), name: z.string(), version: z.string() }),
  kernel: z.string(),
  arch: z.string(),
  virtualization: z.string().nullable(),
  product: z.string().nullable(),
  serial: z.string().nullable(),
  cpuModel: z.string(),
  cpuCount: Count,
  memoryBytes: Bytes,
  swapBytes: Bytes,
  addresses: z.array(z.string()),
  agentVersion: z.string(),
});

/** Load and use, rounded by the agent (ratios to 0.01) so that a quiet node sends nothing. */
export const ResourcesFact = z.object({
  load1: z.number(),
  load5: z.number(),
  load15: z.number(),
  cpuUsedRatio: z.number(),
  memoryTotalBytes: Bytes,
  memoryAvailableBytes: Bytes,
  memoryUsedRatio: z.number(),
  swapUsedRatio: z.number(),
  processCount: Count,
  threadCount: Count,
});

const Pressure = z.object({ avg10: z.number(), avg60: z.number(), avg300: z.number() });
/** Pressure stall information, percent of time stalled (kernel Documentation/accounting/psi.rst). Null where the kernel has none. */
export const PressureFact = z.object({
  cpu: z.object({ some: Pressure, full: Pressure.nullable() }).nullable(),
  memory: z.object({ some: Pressure, full: Pressure.nullable() }).nullable(),
  io: z.object({ some: Pressure, full: Pressure.nullable() }).nullable(),
});

export const RuntimeFact = z.object({
  /** Stable id on the node, e.g. "containerd", "docker", "pouch", "podman". */
  id: z.string(),
  kind: z.enum(["cri", "docker"]),
  name: z.string(),
  version: z.string().nullable(),
  apiVersion: z.string().nullable(),
  endpoint: z.string(),
  /** Name of the module that runs it, key into the modules fact. */
  module: z.string().nullable(),
  /** Where it keeps images and containers, when known. */
  rootDir: z.string().nullable(),
  handlers: z.array(z.string()),
  /** Conditions as the runtime states them (CRI RuntimeReady, NetworkReady). */
  conditions: z.array(z.object({ type: z.string(), status: z.boolean(), reason: z.string(), message: z.string() })),
  probe: Probe,
  podCount: Count,
  runningCount: Count,
  exitedCount: Count,
  imageCount: Count,
});
export const RuntimesFact = z.array(RuntimeFact);

export const ModuleFact = z.object({
  name: z.string(),
  kind: z.enum(["runtime", "lxcfs", "cni", "dragonfly", "overlaybd", "agent", "kubelet", "logging", "other"]),
  /**
   * running: process there and answering (or nothing to ask); hung: there but silent or stopped; stopped: not there; absent: not installed, or
   * switched off (its unit is disabled or masked and was ended cleanly).
   */
  state: z.enum(["running", "hung", "stopped", "absent", "unknown"]),
  since: Instant,
  process: ProcessRef.nullable(),
  /** Kernel state letter of the main process (R S D T Z …). */
  processState: z.string().nullable(),
  startedAt: Instant.nullable(),
  restarts: Count,
  manager: z.enum(["systemd", "runit", "exec", "none"]),
  /** How its unit ended, by systemd: as somebody wished, or by a failure. Null: it runs, is not systemd's, or systemd did not say. */
  ended: z.enum(["cleanly", "failed"]).nullable().default(null),
  /** Whether the node's local policy lets the agent start and restart it. */
  restartable: z.boolean(),
  version: z.string().nullable(),
  rssBytes: Bytes.nullable(),
  openFiles: Count.nullable(),
  openFilesMax: Count.nullable(),
  message: z.string().nullable(),
});
export const ModulesFact = z.array(ModuleFact);

export const ContainerFact = z.object({
  id: z.string(),
  runtime: z.string(),
  name: z.string(),
  podId: z.string().nullable(),
  podName: z.string().nullable(),
  podNamespace: z.string().nullable(),
  podUid: z.string().nullable(),
  image: z.string(),
  imageId: z.string().nullable(),
  handler: z.string().nullable(),
  state: z.enum(["created", "running", "paused", "exited", "unknown"]),
  exitCode: z.number().nullable(),
  reason: z.string().nullable(),
  createdAt: Instant,
  startedAt: Instant.nullable(),
  finishedAt: Instant.nullable(),
  pid: Pid.nullable(),
  attempt: Count,
  labels: z.record(z.string(), z.string()),
  cpuLimitMillis: z.number().nullable(),
  memoryLimitBytes: Bytes.nullable(),
});
export type ContainerFact = z.infer<typeof ContainerFact>;
export const ContainersFact = z.array(ContainerFact);

export const PodFact = z.object({
  id: z.string(),
  runtime: z.string(),
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  ready: z.boolean(),
  handler: z.string().nullable(),
  ip: z.string().nullable(),
  createdAt: Instant,
  labels: z.record(z.string(), z.string()),
  /** It has the label io.kubernetes.pod.uid, which every kubelet gives to what it makes; absent from agents that did not look. */
  isKubelets: z.boolean().optional(),
});
export const PodsFact = z.array(PodFact);

/** Use per running container; a kind of its own because it changes all the time (sent each 30 s, rounded). */
export const ContainerUsageFact = z.array(
  z.object({
    id: z.string(),
    cpuUsedMillis: z.number(),
    memoryUsedBytes: Bytes,
    diskUsedBytes: Bytes.nullable(),
    pids: Count.nullable(),
  }),
);

export const ImagesFact = z.array(
  z.object({
    id: z.string(),
    runtime: z.string(),
    tags: z.array(z.string()),
    sizeBytes: Bytes,
    /** Containers of any state that were made from it. */
    usedBy: Count,
    pinned: z.boolean(),
  }),
);

export const FilesystemFact = z.object({
  mountPoint: z.string(),
  device: z.string(),
  type: z.string(),
  totalBytes: Bytes,
  usedBytes: Bytes,
  availableBytes: Bytes,
  /** used / (used + available), as df shows it. */
  usedRatio: z.number(),
  inodesTotal: Count,
  inodesUsed: Count,
  inodesUsedRatio: z.number(),
  readOnly: z.boolean(),
  /** statfs failed or timed out: the other numbers are then zero. */
  error: z.string().nullable(),
  /** Runtime ids that keep their root here. */
  holds: z.array(z.string()),
});
export const FilesystemsFact = z.array(FilesystemFact);

/** Mounts that belong to containers: under a runtime's task, sandbox or rootfs folders, or a kubelet's pod folders. */
export const MountsFact = z.object({
  total: Count,
  byType: z.record(z.string(), Count),
  containerMounts: z.array(
    z.object({
      mountPoint: z.string(),
      type: z.string(),
      source: z.string(),
      runtime: z.string().nullable(),
      containerId: z.string(),
      /** How many mounts lie at exactly this point: each has an entry, a lower one before the one that hides it. */
      stacked: Count,
      /** A process has its root, working directory or an open file here. */
      busy: z.boolean(),
    }),
  ),
});

/** Cgroups that carry a container id in their name. */
export const CgroupsFact = z.object({
  version: z.enum(["v1", "v2", "hybrid", "none"]),
  total: Count,
  containers: z.array(
    z.object({
      containerId: z.string(),
      path: z.string(),
      processes: z.array(
        z.object({ pid: Pid, startTicks: z.number(), ppid: Pid, name: z.string(), state: z.string() }),
      ),
      oomKills: Count.nullable(),
      pidsCurrent: Count.nullable(),
      pidsMax: Count.nullable(),
      throttledRatio: z.number().nullable(),
    }),
  ),
});

export const ProcessesFact = z.object({
  total: Count,
  pidMax: Count,
  zombieCount: Count,
  /** Parents that do not reap, most zombies first, at most 20. */
  zombieParents: z.array(
    z.object({
      process: ProcessRef,
      name: z.string(),
      count: Count,
      containerId: z.string().nullable(),
      sample: z.array(z.string()),
    }),
  ),
  /** Uninterruptible (D) for longer than one look, at most 50. */
  uninterruptible: z.array(
    z.object({
      process: ProcessRef,
      name: z.string(),
      waitChannel: z.string().nullable(),
      since: Instant,
      containerId: z.string().nullable(),
    }),
  ),
  /** Runtime shims (containerd-shim-*, conmon, docker-containerd-shim). */
  shims: z.array(
    z.object({
      process: ProcessRef,
      name: z.string(),
      /** The id it was started for: sandbox id with CRI, container id otherwise. */
      containerId: z.string(),
      namespace: z.string().nullable(),
      state: z.string(),
      ppid: Pid,
      startedAt: Instant,
      /** Live (not zombie) children, shim helpers left out. */
      liveChildren: Count,
      /** Whether the runtime knew the id (container, pod or task) at this look; null when the runtime could not be asked. */
      known: z.boolean().nullable(),
    }),
  ),
});

export const NetworkFact = z.object({
  interfaces: z.array(
    z.object({
      name: z.string(),
      index: Count,
      mac: z.string().nullable(),
      /** ether, veth, bridge, loopback … (rtnetlink IFLA_INFO_KIND or device type). */
      kind: z.string(),
      up: z.boolean(),
      carrier: z.boolean().nullable(),
      master: z.string().nullable(),
      addresses: z.array(z.string()),
      altNames: z.array(z.string()),
      rxErrors: Count,
      txErrors: Count,
      rxDropped: Count,
      txDropped: Count,
    }),
  ),
  /** Persistent names that udev rules claim: MAC → name (70-persistent-net.rules and systemd .link files). */
  claimedNames: z.array(z.object({ file: z.string(), line: Count, mac: z.string(), name: z.string() })),
  defaultRoutes: z.array(
    z.object({ via: z.string().nullable(), device: z.string(), family: z.enum(["inet", "inet6"]) }),
  ),
  /** CNI or lease hints: names of devices that configuration expects but that are not there. */
  missingDevices: z.array(z.object({ name: z.string(), wantedBy: z.string() })),
});

export const ConntrackFact = z.object({
  count: Count,
  max: Count,
  usedRatio: z.number(),
  /** Whether nf_conntrack_max can be raised from here (it is global, read-only outside the first network namespace). */
  maxWritable: z.boolean(),
  /** Entries by protocol/state, at most a few groups, e.g. {"udp unreplied": 5000}. Empty when it was too many to read. */
  groups: z.record(z.string(), Count),
  drops: Count,
  insertFailed: Count,
  udpTimeoutS: z.number().nullable(),
  tcpEstablishedTimeoutS: z.number().nullable(),
});

export const SysctlsFact = z.record(z.string(), z.string());

export const LimitsFact = z.object({
  openFiles: Count,
  openFilesMax: z.number(),
  threads: Count,
  threadsMax: z.number(),
  inotifyInstancesMax: z.number().nullable(),
  inotifyWatchesMax: z.number().nullable(),
});

export const TimeSyncFact = z.object({
  /** Which service keeps the clock, null when none was found. */
  source: z.string().nullable(),
  synchronized: z.boolean().nullable(),
  offsetMs: z.number().nullable(),
  /** Node clock minus gateway clock, half the round trip taken off; null before the first answer. Rounded to 100 ms. */
  gatewayOffsetMs: z.number().nullable(),
});

export const LxcfsFact = z.object({
  present: z.boolean(),
  mountPoint: z.string().nullable(),
  /** ok: answers; dead: transport endpoint is not connected; hung: no answer in time; unmounted; absent. */
  state: z.enum(["ok", "dead", "hung", "unmounted", "absent"]),
  error: z.string().nullable(),
  process: ProcessRef.nullable(),
  /** Containers that have lxcfs files bound in, and whether these still answer. */
  containers: z.array(
    z.object({
      containerId: z.string(),
      pid: Pid,
      paths: z.array(z.string()),
      ok: z.boolean(),
      error: z.string().nullable(),
    }),
  ),
});

/** The runtime's own Prometheus counters, reduced per interface over the last window. */
export const RuntimeMetricsFact = z.array(
  z.object({
    runtime: z.string(),
    /** e.g. "RuntimeService/RunPodSandbox". */
    interface: z.string(),
    windowMs: z.number(),
    total: Count,
    success: Count,
    successRatio: z.number().nullable(),
    latencyMsP50: z.number().nullable(),
    latencyMsP99: z.number().nullable(),
    inFlight: z.number(),
  }),
);

export const CniFact = z.object({
  confDir: z.string(),
  binDirs: z.array(z.string()),
  files: z.array(
    z.object({
      name: z.string(),
      sha256: z.string(),
      sizeBytes: Bytes,
      modifiedAt: Instant,
      valid: z.boolean(),
      error: z.string().nullable(),
      network: z.string().nullable(),
      plugins: z.array(z.string()),
      missingPlugins: z.array(z.string()),
      /** Last content of this file that was valid while the network was ready, kept by the agent; null when none. */
      lastGood: z.object({ sha256: z.string(), at: Instant }).nullable(),
    }),
  ),
  /** Files that were once good and are gone now. */
  missingFiles: z.array(z.object({ name: z.string(), sha256: z.string(), at: Instant })),
});

export const AgentFact = z.object({
  version: z.string(),
  pid: Pid,
  startedAt: Instant,
  rssBytes: Bytes,
  cpuMs: z.number(),
  spooledFrames: Count,
  droppedFrames: Count,
  reconnects: Count,
  /** Collectors whose last run failed, with the reason. */
  failing: z.record(z.string(), z.string()),
  /** What it holds of the fleet's keys: serial of its trust document, fingerprint of the CA that issued its certificate; null outside of a session. */
  trust: z.object({ serial: Count, certificateCa: z.string(), isFrozen: z.boolean() }).nullable().default(null),
});

/** Kind → schema. The one list from which codec, ingest, checks and pages derive. */
export const factSchemas = {
  identity: IdentityFact,
  resources: ResourcesFact,
  pressure: PressureFact,
  runtimes: RuntimesFact,
  modules: ModulesFact,
  containers: ContainersFact,
  pods: PodsFact,
  containerUsage: ContainerUsageFact,
  images: ImagesFact,
  filesystems: FilesystemsFact,
  mounts: MountsFact,
  cgroups: CgroupsFact,
  processes: ProcessesFact,
  network: NetworkFact,
  conntrack: ConntrackFact,
  sysctls: SysctlsFact,
  limits: LimitsFact,
  timeSync: TimeSyncFact,
  lxcfs: LxcfsFact,
  runtimeMetrics: RuntimeMetricsFact,
  cni: CniFact,
  agent: AgentFact,
  ...logFacts,
  ...machineFacts,
  ...serviceFacts,
  ...podNetworkFacts,
  ...workloadFacts,
  ...distributionFacts,
} as const;

export type FactKind = keyof typeof factSchemas;
export type FactData = { [K in FactKind]: z.infer<(typeof factSchemas)[K]> };
export const factKinds = Object.keys(factSchemas) as [FactKind, ...FactKind[]];
export const FactKind = z.enum(factKinds);

/** One stored or received fact: data is null when the collector could not look (then `error` says why). */
export type Fact<K extends FactKind> = { data: FactData[K] | null; at: number; error: string | null };
/** All facts of one node, as checks see them. */
export type Facts = { [K in FactKind]?: Fact<K> };

/** A line of the kernel log (/dev/kmsg), an event rather than a state. */
export const KernelEvent = z.object({
  /** Kernel's own sequence number, unique per boot. */
  seq: z.number(),
  at: Instant,
  /** syslog level 0 (emergency) – 7 (debug). */
  level: z.number().int(),
  facility: z.number().int(),
  message: z.string(),
});
export type KernelEvent = z.infer<typeof KernelEvent>;
