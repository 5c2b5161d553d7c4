// Debug reports for tests: a container and a node with nothing abnormal; tests make one thing of them wrong.
import type { DebugCgroup, DebugMount, DebugProcess, DebugReport, Part } from "../../protocol/debug.ts";

export const AT = 1_780_000_000_000;
const ID = "ab".repeat(32);
const GIB = 1_073_741_824;

export const read = <T>(value: T): Part<T> => ({ value, error: null, ms: 3 });
const absent: Part<never> = { value: null, error: "only of a container", ms: 0 };

export const aProcess = (over: Partial<DebugProcess> = {}): DebugProcess => ({
  pid: 4_001,
  innerPid: 1,
  ppid: 3_900,
  name: "server",
  state: "S",
  threads: 4,
  stuckThreads: 0,
  waitChannel: "ep_poll",
  stack: [],
  command: "/srv/server --port 80",
  residentBytes: 5_000_000,
  cpuMs: 1_200,
  startedAt: AT - 3_600_000,
  startTicks: 360_000,
  openFiles: 12,
  openFilesMax: 1_024,
  containerId: ID,
  ...over,
});

const calm = { cpu: { some: 0, full: null }, memory: { some: 0, full: 0 }, io: { some: 0.2, full: 0.1 } };

export const aCgroup = (over: Partial<DebugCgroup> = {}): DebugCgroup => ({
  path: `/kubepods/pod1/${ID}`,
  memoryBytes: 40_000_000,
  memoryPeakBytes: 80_000_000,
  memoryMaxBytes: 256_000_000,
  oomKills: 0,
  pids: 5,
  pidsMax: 100,
  pidsRefused: 0,
  cpuMaxMillis: 500,
  periods: 10_000,
  throttledPeriods: 90,
  isFrozen: false,
  pressure: calm,
  ...over,
});

export const aMount = (over: Partial<DebugMount> = {}): DebugMount => ({
  mountPoint: "/data",
  type: "ext4",
  source: "/dev/vdb",
  isReadOnly: false,
  isSuperReadOnly: false,
  isMeantWritable: true,
  state: "ok",
  error: null,
  totalBytes: 10 * GIB,
  availableBytes: 4 * GIB,
  inodes: 1_000_000,
  inodesFree: 900_000,
  ...over,
});

export const aRuntime = (over: Record<string, unknown> = {}) => ({
  id: "containerd",
  version: "containerd 1.7.2",
  isAnswering: true,
  ms: 4,
  error: null,
  process: { pid: 700, state: "S", waitChannel: null, openFiles: 40 },
  ...over,
});

export const aShim = (over: Record<string, unknown> = {}) => ({
  pid: 3_900,
  name: "containerd-shim",
  containerId: ID,
  state: "S",
  waitChannel: null,
  stuckThreads: 0,
  isAnswering: true,
  error: null,
  ...over,
});

const network = {
  isOwn: true,
  interfaces: [
    { name: "lo", isUp: true, addresses: ["127.0.0.1/8"], rxBytes: 0, txBytes: 0, errors: 0, drops: 0 },
    { name: "eth0", isUp: true, addresses: ["10.0.0.5/24"], rxBytes: 1, txBytes: 1, errors: 0, drops: 0 },
  ],
  routes: ["default via 10.0.0.1 dev eth0"],
  hasDefaultRoute: true,
  listening: [{ protocol: "tcp", address: "*:80", queue: 0, queueMax: 511, program: "server (4001)" }],
  connections: { ESTABLISHED: 3 },
  listenOverflows: 0,
  retransmits: 2,
  conntrack: { count: 100, max: 65_536 },
};

const container = {
  name: "web",
  pod: "shop/web-0",
  podId: "cd".repeat(32),
  image: "registry.example/web:1",
  handler: "runc",
  runtime: "containerd",
  state: "running",
  exitCode: null,
  reason: null,
  pid: 4_001,
  attempt: 0,
  saidAt: AT - 2_000,
  isSaidNow: true,
};

/** A healthy container. */
export const aReport = (over: Partial<DebugReport> = {}): DebugReport => ({
  v: 1,
  kind: "container",
  containerId: ID,
  sandbox: "none",
  at: AT,
  tookMs: 300,
  kernel: "6.1.0",
  container: read(container),
  runtimes: read([aRuntime()]),
  shims: read([aShim()]),
  processes: read({ total: 1, list: [aProcess()] }),
  cgroups: read([aCgroup(), aCgroup({ path: "/kubepods/pod1", pidsMax: null, memoryMaxBytes: null, oomKills: 3 })]),
  mounts: read([aMount(), aMount({ mountPoint: "/etc/config", isReadOnly: true, isMeantWritable: false })]),
  deletedFiles: read([{ pid: 4_001, path: "/var/log/old.log", bytes: 2_000 }]),
  network: read(network),
  dns: read({
    servers: ["10.0.0.10"],
    search: [],
    lookups: [{ server: "10.0.0.10", isAnswered: true, ms: 3, error: null }],
  }),
  views: read({ hasLxcfs: true, isAlive: true, error: null, seenMemoryBytes: 256_000_000 }),
  environment: read(["PATH=/bin"]),
  image: read({ layers: 4, upper: "/var/lib/x", snapshotter: "overlayfs" }),
  log: read({ path: "/var/log/pods/x/0.log", lines: ["listening on :80"] }),
  kernelLog: read([]),
  tables: absent,
  ...over,
});

const tables = {
  load: [0.4, 0.5, 0.4],
  cpus: 4,
  memoryBytes: 16 * GIB,
  memoryAvailableBytes: 9 * GIB,
  pids: { count: 900, max: 32_768 },
  files: { count: 4_000, max: 1_000_000 },
  conntrack: { count: 100, max: 65_536 },
  inotify: { count: 10, max: 128 },
  pressure: calm,
};

/** A healthy node. */
export const aNodeReport = (over: Partial<DebugReport> = {}): DebugReport =>
  aReport({
    kind: "node",
    containerId: null,
    container: absent,
    cgroups: absent,
    environment: absent,
    image: absent,
    log: absent,
    processes: read({ total: 300, list: [aProcess({ state: "Z" })] }),
    network: read({ ...network, isOwn: false }),
    tables: read(tables),
    ...over,
  });

export const nodeTables = tables;
export const containerNetwork = network;
export const saidContainer = container;
