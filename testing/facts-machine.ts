// Facts of a healthy machine: memory, CPU, storage, hardware, kernel. What faults look like stands in faults-machine.ts.
import type { FactData } from "../protocol/facts.ts";

/** This part of a healthy node's facts. */
export const healthyMachine = () =>
  ({
    vm: {
      windowMs: 15_000,
      majorFaultsPerS: 2,
      swapInPagesPerS: 0,
      swapOutPagesPerS: 0,
      iowaitRatio: 0.05,
      stealRatio: 0,
      softirqRatio: 0,
      softirqMaxRatio: 0.05,
      runnable: 0,
      blocked: 0,
      oomKills: 0,
      memoryTotalBytes: 16 * 1024 ** 3,
      memoryAvailableBytes: 12 * 1024 ** 3,
      swapTotalBytes: 0,
      swapFreeBytes: 0,
      hardwareCorruptedBytes: 0,
      slabUnreclaimableBytes: 1024 ** 3,
      entropyBits: 240,
      entropyPoolBits: 256,
      bpfJitBytes: 1024 ** 2,
      bpfJitLimitBytes: 256 * 1024 ** 2,
    },
    blockDevices: {
      disks: [
        { name: "vda", sizeBytes: 100 * 1024 ** 3, readOnly: false, busyRatio: 0.05, awaitMs: 0, queue: 0, iops: 0 },
        { name: "vdb", sizeBytes: 100 * 1024 ** 3, readOnly: false, busyRatio: 0, awaitMs: null, queue: 0, iops: 0 },
      ],
      arrays: [],
      nvme: [],
      zram: [],
    },
    mountHealth: {
      writable: [
        {
          mountPoint: "/var/lib/containerd",
          device: "/dev/vdb",
          type: "ext4",
          holds: ["containerd"],
          state: "ok",
          waitChannel: null,
          since: null,
          error: null,
        },
      ],
      network: [],
      fuse: [
        {
          connection: "47",
          mountPoint: "/var/lib/lxcfs",
          type: "fuse.lxcfs",
          waiting: 0,
          maxBackground: 12,
          congestionThreshold: 9,
        },
      ],
      growth: [],
    },
    hardware: { memoryModules: null, sensors: [], infiniband: [], gpus: null },
    kernel: {
      tainted: 0,
      threads: { used: 400, max: 32_768, pidMax: 32_768, threadsMax: 100_000 },
      openFiles: { used: 1_000, max: 100_000 },
      modules: { overlay: true, fuse: true, br_netfilter: true, nf_conntrack: true, ip_vs: false },
      modulesWanted: [],
      cgroups: { memory: 80, pids: 80 },
      dyingCgroups: 20,
      inotify: {
        instancesMax: 128,
        watchesMax: 65_536,
        users: [{ uid: 0, instances: 30, watches: 200 }],
        processes: [{ pid: 700, name: "containerd", uid: 0, instances: 12, watches: 60 }],
      },
      crashDumps: [],
    },
  }) satisfies Partial<FactData>;
