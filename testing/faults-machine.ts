// Fixtures of the machine: what each fault looks like in the facts of an otherwise healthy node, and what looks a little like one.
import type { FactData, Facts } from "../protocol/facts.ts";
import { aFilesystem, NOW, nodeFacts } from "./facts.ts";
import { base } from "./fault-parts.ts";
import type { FaultFixture } from "./fixture-words.ts";

const GIB = 1024 ** 3;
const DAY = 86_400_000;

const vm = (over: Partial<FactData["vm"]>): Facts => nodeFacts({ vm: { ...base.vm, ...over } });
const block = (over: Partial<FactData["blockDevices"]>): Facts =>
  nodeFacts({ blockDevices: { ...base.blockDevices, ...over } });
const mounts = (over: Partial<FactData["mountHealth"]>): FactData["mountHealth"] => ({ ...base.mountHealth, ...over });
const hardware = (over: Partial<FactData["hardware"]>): Facts => nodeFacts({ hardware: { ...base.hardware, ...over } });
const kernel = (over: Partial<FactData["kernel"]>): Facts => nodeFacts({ kernel: { ...base.kernel, ...over } });

const disk = (over: Partial<FactData["blockDevices"]["disks"][number]>): FactData["blockDevices"]["disks"][number] => ({
  name: "vda",
  sizeBytes: 100 * GIB,
  readOnly: false,
  busyRatio: 0,
  awaitMs: null,
  queue: 0,
  iops: 0,
  ...over,
});
const writable = (over: Partial<FactData["mountHealth"]["writable"][number]>) => ({
  mountPoint: "/var/lib/containerd",
  device: "/dev/vdb",
  type: "ext4",
  holds: ["containerd"],
  state: "ok" as const,
  waitChannel: null,
  since: null,
  error: null,
  ...over,
});
const share = (mountPoint: string, state: "silent" | "failed" | "ok", error: string | null) => ({
  mountPoint,
  type: "nfs4",
  server: "nas",
  state,
  error,
  since: state === "ok" ? null : NOW - 90_000,
});
const array = (over: Partial<FactData["blockDevices"]["arrays"][number]>) => ({
  name: "md0",
  level: "raid1",
  active: true,
  disksWanted: 2,
  disksPresent: 2,
  failed: [],
  doing: null,
  ...over,
});
const memoryModule = (correctable: number, uncorrectable: number) => ({
  label: "mc0/dimm3 CPU1_DIMM_B2",
  correctable,
  uncorrectable,
});
type Gpus = NonNullable<FactData["hardware"]["gpus"]>;
const card = (busId: string, over: Partial<Gpus["cards"][number]> = {}) => ({
  busId,
  persistence: true,
  remapPending: false,
  remapFailed: false,
  ...over,
});
const gpus = (over: Partial<Gpus>): Facts =>
  hardware({
    gpus: {
      expected: 2,
      onBus: 2,
      driven: 2,
      switches: 0,
      fabricManagerRunning: false,
      driver: "550.54",
      cards: [card("00000000:17:00.0"), card("00000000:65:00.0")],
      error: null,
      ...over,
    },
  });
const sensor = (celsius: number, alarm: boolean, criticalAlarm = false) => ({
  chip: "coretemp",
  label: "Package id 0",
  celsius,
  criticalC: 100,
  alarm,
  criticalAlarm,
});
const port = (state: string, linkDowned: number) => ({
  device: "mlx5_0",
  port: 1,
  state,
  physicalState: state === "ACTIVE" ? "LinkUp" : "Polling",
  linkLayer: "InfiniBand",
  linkDowned,
});
const inotify = (instances: number, watches: number): FactData["kernel"]["inotify"] => ({
  ...base.kernel.inotify,
  users: [{ uid: 0, instances, watches }],
  processes: [{ pid: 700, name: "containerd", uid: 0, instances, watches }],
});
const growth = (bytesPerHour: number, overMs: number) => [{ mountPoint: "/var/lib/containerd", bytesPerHour, overMs }];

/** Check id → its bad fixtures. */
export const machineFaults = {
  "filesystem-frozen": [
    {
      name: "frozen by fsfreeze, its writers wait in the freeze lock",
      facts: nodeFacts({
        mountHealth: mounts({
          writable: [writable({ state: "frozen", waitChannel: "percpu_rwsem_wait", since: NOW - 1_200_000 })],
        }),
      }),
      subject: "/var/lib/containerd",
      reason: "Frozen",
    },
    {
      name: "its disk has taken nothing for minutes",
      facts: nodeFacts({
        mountHealth: mounts({
          writable: [writable({ state: "stuck", waitChannel: "io_schedule", since: NOW - 130_000 })],
        }),
      }),
      subject: "/var/lib/containerd",
      reason: "Stuck",
    },
  ],
  "memory-low": [
    {
      name: "150 MiB of 16 GiB left",
      facts: vm({ memoryAvailableBytes: 150 * 1024 ** 2 }),
      subject: "memory",
      reason: "AvailableLow",
    },
  ],
  "memory-pressure": [
    {
      name: "everything waits a third of the time",
      facts: nodeFacts({
        pressure: {
          ...base.pressure,
          memory: {
            some: { avg10: 60, avg60: 50, avg300: 20 },
            full: { avg10: 40, avg60: 33, avg300: 10 },
          },
        },
      }),
      subject: "memory",
      reason: "AllTasksStalled",
    },
  ],
  "swap-filling": [
    {
      name: "95 % used and read back all the time",
      facts: vm({ swapTotalBytes: 4 * GIB, swapFreeBytes: 0.2 * GIB, swapInPagesPerS: 500 }),
      subject: "swap",
      reason: "FullAndActive",
    },
    {
      name: "full of what nobody asks for",
      facts: vm({ swapTotalBytes: 4 * GIB, swapFreeBytes: 0.2 * GIB }),
      subject: "swap",
      reason: "Full",
    },
  ],
  "major-faults-storm": [
    {
      name: "executables are read again and again",
      facts: vm({ majorFaultsPerS: 4_000, memoryAvailableBytes: 0.8 * GIB }),
      subject: "faults",
      reason: "Thrashing",
    },
  ],
  "hardware-corrupted-memory": [
    {
      name: "one page is gone",
      facts: vm({ hardwareCorruptedBytes: 4_096 }),
      subject: "memory",
      reason: "HardwareCorrupted",
    },
  ],
  "slab-growing": [
    {
      name: "a third of memory",
      facts: vm({ slabUnreclaimableBytes: 5.5 * GIB }),
      subject: "slab",
      reason: "SlabUnreclaimable",
    },
  ],
  "load-too-high": [
    {
      name: "forty tasks want four CPUs",
      facts: nodeFacts({
        resources: { ...base.resources, load1: 42, load5: 40, load15: 20 },
        vm: { ...base.vm, runnable: 40, blocked: 0 },
      }),
      subject: "load",
      reason: "TasksWaitForCpu",
    },
    {
      name: "for a quarter of an hour most wait for a disk",
      facts: nodeFacts({
        resources: { ...base.resources, load1: 18, load5: 18, load15: 17 },
        vm: { ...base.vm, runnable: 0, blocked: 16 },
      }),
      subject: "load",
      reason: "TasksWaitForDisk",
    },
  ],
  "cpu-steal": [{ name: "a noisy neighbour", facts: vm({ stealRatio: 0.3 }), subject: "cpu", reason: "Steal" }],
  "cpu-softirq": [
    {
      name: "one queue serves all",
      facts: vm({ softirqMaxRatio: 0.95, softirqRatio: 0.25 }),
      subject: "cpu",
      reason: "SoftirqBound",
    },
  ],
  "pids-almost-gone": [
    {
      name: "nine of ten ids are taken",
      facts: kernel({ threads: { used: 30_000, max: 32_768, pidMax: 32_768, threadsMax: 100_000 } }),
      subject: "pids",
      reason: "TasksNearLimit",
    },
    {
      name: "the kernel's own limit of threads is the lower one",
      facts: kernel({ threads: { used: 29_000, max: 30_000, pidMax: 4_194_304, threadsMax: 30_000 } }),
      subject: "pids",
      reason: "TasksNearLimit",
    },
  ],
  "files-almost-gone": [
    {
      name: "85 % open",
      facts: kernel({ openFiles: { used: 85_000, max: 100_000 } }),
      subject: "files",
      reason: "OpenFilesNearLimit",
    },
  ],
  "inotify-instances-low": [
    {
      name: "root holds 125 of 128",
      facts: kernel({ inotify: inotify(125, 500) }),
      subject: "uid 0",
      reason: "InstancesNearLimit",
    },
  ],
  "inotify-watches-low": [
    {
      name: "root holds nearly all",
      facts: kernel({ inotify: inotify(40, 64_000) }),
      subject: "uid 0",
      reason: "WatchesNearLimit",
    },
  ],
  "entropy-low": [
    {
      name: "an old kernel's pool is dry",
      facts: vm({ entropyBits: 60, entropyPoolBits: 4_096 }),
      subject: "entropy",
      reason: "PoolLow",
    },
  ],
  "kernel-modules-missing": [
    {
      name: "the configuration asks for one that is not there",
      facts: kernel({ modules: { ...base.kernel.modules, ip_vs: false }, modulesWanted: ["ip_vs"] }),
      subject: "ip_vs",
      reason: "ModuleMissing",
    },
    {
      name: "bridged pods of a kubelet without br_netfilter",
      facts: nodeFacts({
        kernel: { ...base.kernel, modules: { ...base.kernel.modules, br_netfilter: false } },
        kubelet: { ...base.kubelet, present: true },
      }),
      subject: "br_netfilter",
      reason: "ModuleMissing",
    },
  ],
  "cgroups-leaked": [
    {
      name: "an old kernel near 65535",
      facts: kernel({ cgroups: { memory: 60_000 } }),
      subject: "cgroups",
      reason: "CgroupsNearLimit",
    },
    { name: "removed and held", facts: kernel({ dyingCgroups: 30_000 }), subject: "cgroups", reason: "CgroupsDying" },
  ],
  "crash-dump-found": [
    {
      name: "crashed yesterday",
      facts: kernel({
        crashDumps: [{ path: "/var/crash/127.0.0.1-2026-02-28/vmcore", at: NOW - DAY, sizeBytes: GIB }],
      }),
      subject: "kernel",
      reason: "Crashed",
    },
    {
      name: "crashed twice this week",
      facts: kernel({
        crashDumps: [
          { path: "/var/crash/202602281000/dump.202602281000", at: NOW - DAY, sizeBytes: GIB },
          { path: "/var/crash/202602261000/dump.202602261000", at: NOW - 3 * DAY, sizeBytes: GIB },
        ],
      }),
      subject: "kernel",
      reason: "CrashedRepeatedly",
    },
  ],
  "bpf-jit-almost-full": [
    {
      name: "tracers left behind",
      facts: vm({ bpfJitBytes: 250 * 1024 ** 2 }),
      subject: "bpf",
      reason: "JitMemoryNearLimit",
    },
  ],
  "zram-filling": [
    {
      name: "95 % used",
      facts: block({ zram: [{ name: "zram0", sizeBytes: GIB, dataBytes: 0.95 * GIB, memoryBytes: 0.3 * GIB }] }),
      subject: "zram0",
      reason: "ZramNearCapacity",
    },
  ],
  "disk-busy": [
    {
      name: "busy all the time, requests wait a second",
      facts: block({ disks: [disk({ busyRatio: 1, awaitMs: 1_000, queue: 40, iops: 150 })] }),
      subject: "vda",
      reason: "Saturated",
    },
  ],
  "disk-will-fill-soon": [
    {
      name: "full in five hours",
      facts: nodeFacts({
        filesystems: [aFilesystem(0.75, 0.2)],
        mountHealth: mounts({ growth: growth(5 * GIB, 7_200_000) }),
      }),
      subject: "/var/lib/containerd",
      reason: "FillsWithinHours",
    },
  ],
  "raid-degraded": [
    {
      name: "one of two disks failed",
      facts: block({ arrays: [array({ disksPresent: 1, failed: ["sdb1"], doing: "recovery 10%" })] }),
      subject: "md0",
      reason: "Degraded",
    },
    {
      name: "does not run",
      facts: block({ arrays: [array({ active: false, level: "none" })] }),
      subject: "md0",
      reason: "Inactive",
    },
  ],
  "nvme-not-live": [
    {
      name: "dead",
      facts: block({ nvme: [{ name: "nvme1", state: "dead", model: "M" }] }),
      subject: "nvme1",
      reason: "ControllerDead",
    },
    {
      name: "resets",
      facts: block({ nvme: [{ name: "nvme0", state: "resetting", model: null }] }),
      subject: "nvme0",
      reason: "ControllerNotLive",
    },
  ],
  "fuse-congested": [
    {
      name: "its daemon stands still",
      facts: nodeFacts({
        mountHealth: mounts({
          fuse: [
            {
              connection: "50",
              mountPoint: "/mnt/objects",
              type: "fuse.s3fs",
              waiting: 14,
              maxBackground: 12,
              congestionThreshold: 9,
            },
          ],
        }),
      }),
      subject: "/mnt/objects",
      reason: "RequestsWaiting",
    },
  ],
  "nfs-not-answering": [
    {
      name: "two mounts of one silent server",
      facts: nodeFacts({
        mountHealth: mounts({
          network: [
            share("/mnt/a", "silent", "no answer within 4000 ms"),
            share("/mnt/b", "silent", "no answer within 4000 ms"),
          ],
        }),
      }),
      subject: "nas",
      reason: "ServerSilent",
    },
    {
      name: "stale file handle",
      facts: nodeFacts({ mountHealth: mounts({ network: [share("/mnt/a", "failed", "Stale file handle")] }) }),
      subject: "nas",
      reason: "MountBroken",
    },
  ],
  "memory-correctable-errors": [
    {
      name: "hundreds on one module",
      facts: hardware({ memoryModules: [memoryModule(450, 0)] }),
      subject: "mc0/dimm3 CPU1_DIMM_B2",
      reason: "CorrectableErrors",
    },
  ],
  "memory-uncorrectable-errors": [
    {
      name: "one",
      facts: hardware({ memoryModules: [memoryModule(0, 1)] }),
      subject: "mc0/dimm3 CPU1_DIMM_B2",
      reason: "UncorrectableErrors",
    },
  ],
  overheating: [
    {
      name: "at its critical temperature",
      facts: hardware({ sensors: [sensor(100, false)] }),
      subject: "coretemp Package id 0",
      reason: "TooHot",
    },
    {
      name: "the sensor says so",
      facts: hardware({ sensors: [sensor(85, true, true)] }),
      subject: "coretemp Package id 0",
      reason: "TooHot",
    },
    {
      name: "a processor that has nothing left",
      facts: hardware({ sensors: [sensor(96, false)] }),
      subject: "coretemp Package id 0",
      reason: "NearCritical",
    },
    {
      name: "a disk above its warning level",
      facts: hardware({ sensors: [sensor(75, true)] }),
      subject: "coretemp Package id 0",
      reason: "NearCritical",
    },
  ],
  "gpu-count-short": [
    { name: "one fell off the bus", facts: gpus({ onBus: 1, driven: 1 }), subject: "gpus", reason: "OffTheBus" },
    {
      name: "the driver did not take one",
      facts: gpus({ expected: null, driven: 1 }),
      subject: "gpus",
      reason: "NotDriven",
    },
  ],
  "gpu-row-remap": [
    {
      name: "waits for a reset",
      facts: gpus({ cards: [card("00000000:17:00.0", { remapPending: true })] }),
      subject: "00000000:17:00.0",
      reason: "RemapPending",
    },
    {
      name: "no spare row left",
      facts: gpus({ cards: [card("00000000:17:00.0", { remapFailed: true })] }),
      subject: "00000000:17:00.0",
      reason: "RemapFailed",
    },
  ],
  "gpu-persistence-off": [
    {
      name: "off on one card",
      facts: gpus({ cards: [card("00000000:17:00.0", { persistence: false })] }),
      subject: "gpus",
      reason: "PersistenceOff",
    },
  ],
  "fabric-manager-down": [
    {
      name: "switches without their manager",
      facts: gpus({ switches: 4 }),
      subject: "fabric-manager",
      reason: "NotRunning",
    },
  ],
  "infiniband-port-down": [
    {
      name: "lost its link",
      facts: hardware({ infiniband: [port("DOWN", 3)] }),
      subject: "mlx5_0/1",
      reason: "PortDown",
    },
  ],
} satisfies Record<string, FaultFixture[]>;

/** Healthy readings that look a little like a fault. */
export const machineNearMisses: { name: string; facts: Facts }[] = [
  {
    name: "a busy disk that answers late",
    facts: nodeFacts({
      mountHealth: mounts({
        writable: [writable({ state: "stuck", waitChannel: "io_schedule", since: NOW - 60_000 })],
      }),
    }),
  },
  {
    name: "a snapshot that freezes for a moment",
    facts: nodeFacts({
      mountHealth: mounts({
        writable: [writable({ state: "frozen", waitChannel: "percpu_rwsem_wait", since: NOW - 2_000 })],
      }),
    }),
  },
  {
    name: "the first look after the start has no rates",
    facts: vm({ windowMs: 0, majorFaultsPerS: 0, stealRatio: 0 }),
  },
  { name: "a program starts: many faults, much memory", facts: vm({ majorFaultsPerS: 8_000 }) },
  { name: "a laptop's swap is half full", facts: vm({ swapTotalBytes: 4 * GIB, swapFreeBytes: 2 * GIB }) },
  { name: "a new kernel's pool always holds 256 bits", facts: vm({ entropyBits: 60, entropyPoolBits: 256 }) },
  {
    name: "a kernel that counts neither bad pages nor eBPF",
    facts: vm({ hardwareCorruptedBytes: null, bpfJitBytes: null, entropyBits: null }),
  },
  { name: "no pressure information", facts: nodeFacts({ pressure: { cpu: null, memory: null, io: null } }) },
  {
    name: "a batch node at three times its CPUs",
    facts: nodeFacts({ resources: { ...base.resources, load1: 14, load5: 13, load15: 12 } }),
  },
  {
    name: "an NVMe disk that is always busy and always quick",
    facts: block({ disks: [disk({ busyRatio: 1, awaitMs: 0, queue: 8, iops: 90_000 })] }),
  },
  { name: "a slow disk that is asked once", facts: block({ disks: [disk({ busyRatio: 0.1, awaitMs: 2_000 })] }) },
  {
    name: "images are pulled into an empty disk",
    facts: nodeFacts({
      filesystems: [aFilesystem(0.3, 0.1)],
      mountHealth: mounts({ growth: growth(20 * GIB, 7_200_000) }),
    }),
  },
  {
    name: "half an hour of growth is no trend",
    facts: nodeFacts({
      filesystems: [aFilesystem(0.75, 0.1)],
      mountHealth: mounts({ growth: growth(9 * GIB, 1_800_000) }),
    }),
  },
  { name: "a striped array has no spare by design", facts: block({ arrays: [array({ level: "raid0" })] }) },
  { name: "an array checks itself", facts: block({ arrays: [array({ doing: "check 35%" })] }) },
  {
    name: "healthy NVMe and half a zram",
    facts: block({
      nvme: [{ name: "nvme0", state: "live", model: "M" }],
      zram: [{ name: "zram0", sizeBytes: GIB, dataBytes: GIB / 2, memoryBytes: GIB / 6 }],
    }),
  },
  {
    name: "a file server that answers",
    facts: nodeFacts({ mountHealth: mounts({ network: [share("/mnt/a", "ok", null)] }) }),
  },
  { name: "a few corrected bits", facts: hardware({ memoryModules: [memoryModule(3, 0)] }) },
  { name: "a sensor that is not connected", facts: hardware({ sensors: [{ ...sensor(25, true), criticalC: null }] }) },
  { name: "warm under load", facts: hardware({ sensors: [sensor(85, false)] }) },
  {
    name: "a port without a cable",
    facts: hardware({ infiniband: [port("DOWN", 0), { ...port("ACTIVE", 4), port: 2 }] }),
  },
  { name: "two healthy GPUs", facts: gpus({}) },
  {
    name: "a workstation's card sleeps",
    facts: gpus({ expected: null, cards: [card("00000000:01:00.0", { persistence: false })] }),
  },
  {
    name: "cards without a driver and nobody who wants them",
    facts: gpus({ expected: null, driver: null, driven: 0, cards: [] }),
  },
  {
    name: "an old crash dump",
    facts: kernel({ crashDumps: [{ path: "/var/crash/1/vmcore", at: NOW - 30 * DAY, sizeBytes: GIB }] }),
  },
  {
    name: "a module that nobody asked for is missing",
    facts: kernel({ modules: { ...base.kernel.modules, br_netfilter: false, fuse: false } }),
  },
  { name: "root holds half its inotify instances", facts: kernel({ inotify: inotify(64, 10_000) }) },
];
