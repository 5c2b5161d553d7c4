// Healthy facts of containers, sandboxes, logs and quotas as the kernel sees them; what their faults look like is in faults-workload.ts.
import type { FactData } from "../protocol/facts.ts";

type WorkloadItem = FactData["workload"]["containers"][number];

const MIB = 1_048_576;
const APP_ID = `${Buffer.from("app").toString("hex")}${"0".repeat(64)}`.slice(0, 64);

/** The container of a healthy node as the kernel sees it. */
export const aWorkload = (over: Partial<WorkloadItem> = {}): WorkloadItem => ({
  id: APP_ID,
  process: { pid: 900, startTicks: 7_000 },
  uid: 1_000,
  nprocMax: 4_096,
  envCount: 12,
  envBytes: 600,
  oomScoreAdj: -997,
  qos: "guaranteed",
  cpuRequestMillis: 500,
  cpuLimitMillis: 500,
  cpuUsedMillis: 50,
  throttledRatio: 0,
  memoryLimitBytes: 128 * MIB,
  memoryUsedBytes: 19.2 * MIB,
  memoryPeakBytes: 25.6 * MIB,
  podCpuLimitMillis: 500,
  podMemoryLimitBytes: 128 * MIB,
  oomKills: 0,
  oomKilledAt: null,
  pidsCurrent: 5,
  pidsMax: 100,
  pidsRefused: 0,
  pidsRefusedAt: null,
  isFrozen: false,
  openFiles: 0,
  openFilesMax: 1_024,
  isRoot: false,
  isPrivileged: false,
  isInHostPidNamespace: false,
  pidNamespace: "4026532200",
  isOps: false,
  isLxcfsWanted: null,
  isLxcfsBound: true,
  health: null,
  jvm: null,
  serialShown: null,
  serialWanted: null,
  ...over,
});

/** This part of a healthy node's facts. */
export const healthyWorkload = () =>
  ({
    workload: {
      containers: [aWorkload()],
      omitted: 0,
      restarts: [],
      users: [{ uid: 1_000, threads: 205, nprocMax: 4_096, containers: [APP_ID] }],
      opsAgents: [],
      startHooks: [],
      daemonStarts: [],
      advise: [],
    },
    containerLogs: [
      {
        containerId: APP_ID,
        runtime: "containerd",
        path: "/var/log/pods/default_web_uid-web/app/0.log",
        sizeBytes: 9 * MIB,
        growthBytesPerMinute: 0,
        rotatedCount: 1,
        filesystemBytes: 100 * 1024 * MIB,
        mountPoint: "/",
      },
    ],
    sandboxes: {
      processes: [],
      handlers: [{ runtime: "containerd", name: "runc", binary: "/usr/sbin/runc", isFound: true, isWanted: false }],
      daemons: [
        {
          module: "containerd",
          config: "/etc/containerd/config.toml",
          isCriDisabled: false,
          socket: "/run/containerd/containerd.sock",
          isSocketThere: true,
        },
      ],
      runtimeCalls: [],
      lxcStopped: [],
    },
    quotas: [],
  }) satisfies Partial<FactData>;
