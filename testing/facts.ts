// Fact factories: one healthy node as an agent would tell of it, and small builders for its parts. Tests bend copies of it, one fault at a time.
import type { FactData, FactKind, Facts } from "../protocol/facts.ts";
import { healthyImage } from "./facts-image.ts";
import { healthyLogs } from "./facts-logs.ts";
import { healthyMachine } from "./facts-machine.ts";
import { healthyNetwork } from "./facts-network.ts";
import { healthyServices } from "./facts-services.ts";
import { healthyWorkload } from "./facts-workload.ts";

/** The instant at which every factory looks. */
export const NOW = Date.UTC(2026, 2, 1, 12, 0, 0);
const HOUR = 3_600_000;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

type Item<K extends FactKind> = FactData[K] extends (infer T)[] ? T : never;
export type RuntimeItem = Item<"runtimes">;
export type ModuleItem = Item<"modules">;
export type ContainerItem = Item<"containers">;
export type PodItem = Item<"pods">;
export type ImageItem = Item<"images">;
export type FilesystemItem = Item<"filesystems">;
export type ShimItem = FactData["processes"]["shims"][number];
export type NicItem = FactData["network"]["interfaces"][number];

/** An id of 64 hex digits from a short word, the same each time. */
export function hexId(word: string): string {
  const hex = Buffer.from(word).toString("hex");
  return (hex + "0".repeat(64)).slice(0, 64);
}

export const aRuntime = (over: Partial<RuntimeItem> = {}): RuntimeItem => ({
  id: "containerd",
  kind: "cri",
  name: "containerd",
  version: "1.6.20",
  apiVersion: "v1",
  endpoint: "unix:///run/containerd/containerd.sock",
  module: "containerd",
  rootDir: "/var/lib/containerd",
  handlers: ["runc", "crun", "runsc"],
  conditions: [
    { type: "RuntimeReady", status: true, reason: "", message: "" },
    { type: "NetworkReady", status: true, reason: "", message: "" },
  ],
  probe: { ok: true, latencyMs: 2, code: null, error: null, failingSince: null, failures: 0 },
  podCount: 1,
  runningCount: 1,
  exitedCount: 0,
  imageCount: 2,
  ...over,
});

/** A probe that has failed `failures` times, once each 5 s. */
export const failedProbe = (code: string, failures: number): RuntimeItem["probe"] => ({
  ok: false,
  latencyMs: 5,
  code,
  error: `probe said ${code}`,
  failingSince: NOW - (failures - 1) * 5_000,
  failures,
});

export const aModule = (over: Partial<ModuleItem> = {}): ModuleItem => ({
  name: "containerd",
  kind: "runtime",
  state: "running",
  since: NOW - 5 * HOUR,
  process: { pid: 700, startTicks: 5_000 },
  processState: "S",
  startedAt: NOW - 5 * HOUR,
  restarts: 0,
  manager: "exec",
  ended: null,
  restartable: true,
  version: "1.6.20",
  rssBytes: 60 * MIB,
  openFiles: 40,
  openFilesMax: 1_048_576,
  message: null,
  ...over,
});

export const aContainer = (over: Partial<ContainerItem> = {}): ContainerItem => ({
  id: hexId("app"),
  runtime: "containerd",
  name: "app",
  podId: hexId("pod"),
  podName: "web",
  podNamespace: "default",
  podUid: "uid-web",
  image: "local/app:1",
  imageId: `sha256:${hexId("image-app")}`,
  handler: "runc",
  state: "running",
  exitCode: null,
  reason: null,
  createdAt: NOW - 4 * HOUR,
  startedAt: NOW - 4 * HOUR,
  finishedAt: null,
  pid: 900,
  attempt: 0,
  labels: {},
  cpuLimitMillis: 500,
  memoryLimitBytes: 128 * MIB,
  ...over,
});

/** A container that ended `agoMs` ago. */
export const anExited = (word: string, agoMs: number, over: Partial<ContainerItem> = {}): ContainerItem =>
  aContainer({
    id: hexId(word),
    name: word,
    state: "exited",
    exitCode: 0,
    reason: "Completed",
    pid: null,
    finishedAt: NOW - agoMs,
    ...over,
  });

export const aPod = (over: Partial<PodItem> = {}): PodItem => ({
  id: hexId("pod"),
  runtime: "containerd",
  name: "web",
  namespace: "default",
  uid: "uid-web",
  ready: true,
  handler: "runc",
  ip: "10.88.0.2",
  createdAt: NOW - 4 * HOUR,
  labels: {},
  ...over,
});

export const anImage = (word: string, over: Partial<ImageItem> = {}): ImageItem => ({
  id: `sha256:${hexId(`image-${word}`)}`,
  runtime: "containerd",
  tags: [`local/${word}:1`],
  sizeBytes: 100 * MIB,
  usedBy: 0,
  pinned: false,
  ...over,
});

/** A filesystem of 100 GiB that is used to `usedRatio` of its space and `inodesUsedRatio` of its inodes. */
export function aFilesystem(
  usedRatio: number,
  inodesUsedRatio: number,
  over: Partial<FilesystemItem> = {},
): FilesystemItem {
  const totalBytes = over.totalBytes ?? 100 * GIB;
  return {
    mountPoint: "/var/lib/containerd",
    device: "/dev/vdb",
    type: "ext4",
    totalBytes,
    usedBytes: totalBytes * usedRatio,
    availableBytes: totalBytes * (1 - usedRatio),
    usedRatio,
    inodesTotal: 1_000_000,
    inodesUsed: Math.round(1_000_000 * inodesUsedRatio),
    inodesUsedRatio,
    readOnly: false,
    error: null,
    holds: ["containerd"],
    ...over,
  };
}

export const aShim = (over: Partial<ShimItem> = {}): ShimItem => ({
  process: { pid: 880, startTicks: 6_000 },
  name: "containerd-shim-runc-v2",
  containerId: hexId("pod"),
  namespace: "k8s.io",
  state: "S",
  ppid: 1,
  startedAt: NOW - 4 * HOUR,
  liveChildren: 2,
  known: true,
  ...over,
});

export const aNic = (name: string, index: number, mac: string | null, over: Partial<NicItem> = {}): NicItem => ({
  name,
  index,
  mac,
  kind: "ether",
  up: true,
  carrier: true,
  master: null,
  addresses: [],
  altNames: [],
  rxErrors: 0,
  txErrors: 0,
  rxDropped: 0,
  txDropped: 0,
  ...over,
});

/** Data of every kind for a node on which nothing is wrong. */
export function healthyData(): FactData {
  const cgroup = (word: string, pid: number, name: string) => ({
    containerId: hexId(word),
    path: `/k8s.io/${hexId(word)}`,
    processes: [{ pid, startTicks: 6_100 + pid, ppid: 880, name, state: "S" }],
    oomKills: 0,
    pidsCurrent: 1,
    pidsMax: null,
    throttledRatio: 0,
  });
  return {
    ...healthyLogs(),
    ...healthyMachine(),
    ...healthyServices(),
    ...healthyNetwork(),
    ...healthyImage(),
    ...healthyWorkload(),
    identity: {
      hostname: "node-1",
      machineId: "0123456789abcdef0123456789abcdef",
      bootId: "6f2c1f5e-0000-4000-8000-000000000001",
      bootedAt: NOW - 10 * HOUR,
      os: { id: "debian", name: "Debian GNU/Linux", version: "12" },
      kernel: "6.1.0",
      arch: "x64",
      virtualization: "kvm",
      product: null,
      serial: null,
      cpuModel: "cpu",
      cpuCount: 4,
      memoryBytes: 16 * GIB,
      swapBytes: 0,
      addresses: ["10.0.0.5"],
      agentVersion: "0.1.0",
    },
    resources: {
      load1: 0.4,
      load5: 0.3,
      load15: 0.2,
      cpuUsedRatio: 0.1,
      memoryTotalBytes: 16 * GIB,
      memoryAvailableBytes: 12 * GIB,
      memoryUsedRatio: 0.25,
      swapUsedRatio: 0,
      processCount: 120,
      threadCount: 400,
    },
    pressure: {
      cpu: { some: { avg10: 0, avg60: 0, avg300: 0 }, full: null },
      memory: { some: { avg10: 0, avg60: 0, avg300: 0 }, full: { avg10: 0, avg60: 0, avg300: 0 } },
      io: { some: { avg10: 0, avg60: 0, avg300: 0 }, full: { avg10: 0, avg60: 0, avg300: 0 } },
    },
    runtimes: [aRuntime()],
    modules: [
      aModule(),
      aModule({ name: "lxcfs", kind: "lxcfs", process: { pid: 710, startTicks: 5_100 }, version: "5.0.3" }),
    ],
    containers: [aContainer()],
    pods: [aPod()],
    containerUsage: [{ id: hexId("app"), cpuUsedMillis: 10, memoryUsedBytes: 20 * MIB, diskUsedBytes: 4096, pids: 1 }],
    images: [
      anImage("app", { id: `sha256:${hexId("image-app")}`, usedBy: 1 }),
      anImage("pause", { tags: ["local/pause:3.9"], sizeBytes: MIB }),
    ],
    filesystems: [aFilesystem(0.5, 0.2), aFilesystem(0.4, 0.1, { mountPoint: "/", device: "/dev/vda1", holds: [] })],
    mounts: {
      total: 40,
      byType: { overlay: 1, tmpfs: 3 },
      containerMounts: [
        {
          mountPoint: `/run/containerd/io.containerd.runtime.v2.task/k8s.io/${hexId("app")}/rootfs`,
          type: "overlay",
          source: "overlay",
          runtime: "containerd",
          containerId: hexId("app"),
          stacked: 1,
          busy: true,
        },
        {
          mountPoint: `/run/containerd/io.containerd.grpc.v1.cri/sandboxes/${hexId("pod")}/shm`,
          type: "tmpfs",
          source: "shm",
          runtime: "containerd",
          containerId: hexId("pod"),
          stacked: 1,
          busy: false,
        },
      ],
    },
    cgroups: { version: "v1", total: 30, containers: [cgroup("app", 900, "app"), cgroup("pod", 890, "pause")] },
    processes: {
      total: 120,
      pidMax: 4_194_304,
      zombieCount: 0,
      zombieParents: [],
      uninterruptible: [],
      shims: [aShim()],
    },
    network: {
      interfaces: [
        aNic("lo", 1, null, { kind: "loopback", addresses: ["127.0.0.1/8"] }),
        aNic("eth0", 2, "52:54:00:00:00:01", { addresses: ["10.0.0.5/24"] }),
        aNic("eth1", 3, "52:54:00:00:00:02"),
        aNic("cni0", 4, "52:54:00:00:00:99", { kind: "bridge", addresses: ["10.88.0.1/16"] }),
      ],
      claimedNames: [
        { file: "/etc/udev/rules.d/70-persistent-net.rules", line: 1, mac: "52:54:00:00:00:01", name: "eth0" },
        { file: "/etc/udev/rules.d/70-persistent-net.rules", line: 2, mac: "52:54:00:00:00:02", name: "eth1" },
      ],
      defaultRoutes: [{ via: "10.0.0.1", device: "eth0", family: "inet" }],
      missingDevices: [],
    },
    conntrack: {
      count: 200,
      max: 1_000,
      usedRatio: 0.2,
      maxWritable: true,
      groups: { "tcp ESTABLISHED": 150, "udp unreplied": 50 },
      drops: 0,
      insertFailed: 0,
      udpTimeoutS: 30,
      tcpEstablishedTimeoutS: 432_000,
    },
    sysctls: { "net.netfilter.nf_conntrack_max": "1000", "net.netfilter.nf_conntrack_udp_timeout": "30" },
    limits: {
      openFiles: 1_000,
      openFilesMax: 100_000,
      threads: 400,
      threadsMax: 100_000,
      inotifyInstancesMax: 128,
      inotifyWatchesMax: 65_536,
    },
    timeSync: { source: "chrony", synchronized: true, offsetMs: 1, gatewayOffsetMs: 0 },
    lxcfs: {
      present: true,
      mountPoint: "/var/lib/lxcfs",
      state: "ok",
      error: null,
      process: { pid: 710, startTicks: 5_100 },
      containers: [{ containerId: hexId("app"), pid: 900, paths: ["/proc/meminfo"], ok: true, error: null }],
    },
    runtimeMetrics: [],
    cni: {
      confDir: "/etc/cni/net.d",
      binDirs: ["/opt/cni/bin"],
      files: [
        {
          name: "10-lab.conflist",
          sha256: hexId("good"),
          sizeBytes: 400,
          modifiedAt: NOW - 5 * HOUR,
          valid: true,
          error: null,
          network: "lab",
          plugins: ["bridge", "host-local"],
          missingPlugins: [],
          lastGood: { sha256: hexId("good"), at: NOW - 4 * HOUR },
        },
      ],
      missingFiles: [],
    },
    agent: {
      version: "0.1.0",
      pid: 600,
      startedAt: NOW - 5 * HOUR,
      rssBytes: 50 * MIB,
      cpuMs: 1_000,
      spooledFrames: 0,
      droppedFrames: 0,
      reconnects: 0,
      failing: {},
      trust: null,
    },
  };
}

/** Facts of every kind present in `data`, confirmed at `at`. */
export function asFacts(data: Partial<FactData>, at: number = NOW): Facts {
  // Object.entries forgets which kind goes with which data; each pair comes from one FactData.
  return Object.fromEntries(
    Object.entries(data).map(([kind, value]) => [kind, { data: value, at, error: null }]),
  ) as Facts;
}

/** A healthy node's facts with some kinds replaced. */
export const nodeFacts = (over: Partial<FactData> = {}, at: number = NOW): Facts =>
  asFacts({ ...healthyData(), ...over }, at);
