// Facts of the machine: virtual memory, block devices, mounts that may hang, hardware, kernel. Raw numbers; sizes in bytes, ratios 0–1.
import { z } from "zod";
import { Bytes, Count, Instant, Pid } from "./facts-base.ts";

/** Counters of /proc/vmstat and /proc/stat as rates over the time between two looks; null at the first look. Rounded to two digits. */
export const VmFact = z.object({
  windowMs: z.number(),
  /** Pages that had to be read from a disk. */
  majorFaultsPerS: z.number().nullable(),
  swapInPagesPerS: z.number().nullable(),
  swapOutPagesPerS: z.number().nullable(),
  /** Share of all CPU time. */
  iowaitRatio: z.number().nullable(),
  stealRatio: z.number().nullable(),
  softirqRatio: z.number().nullable(),
  /** Busiest single CPU in softirq: one queue of a card is served by one CPU. */
  softirqMaxRatio: z.number().nullable(),
  /** Tasks that run or could, and tasks that wait for a disk, at this moment (/proc/stat procs_running, procs_blocked). */
  runnable: Count,
  blocked: Count,
  /** Processes that the kernel killed for memory since boot; null before Linux 4.13. */
  oomKills: Count.nullable(),
  memoryTotalBytes: Bytes,
  memoryAvailableBytes: Bytes,
  swapTotalBytes: Bytes,
  swapFreeBytes: Bytes,
  /** Memory that the kernel took out of use after an error; null where it does not count. */
  hardwareCorruptedBytes: Bytes.nullable(),
  slabUnreclaimableBytes: Bytes,
  entropyBits: Count.nullable(),
  /** Size of the pool: 256 since Linux 5.18, where running low is no longer possible. */
  entropyPoolBits: Count.nullable(),
  /** Memory of compiled eBPF programs, and its limit; null where it cannot be read. */
  bpfJitBytes: Bytes.nullable(),
  bpfJitLimitBytes: Bytes.nullable(),
});

/** Disks as the block layer counts them (/proc/diskstats), RAID, NVMe controllers and zram. */
export const BlockDevicesFact = z.object({
  /** Whole disks with a size, no loop devices and RAM disks, at most 64. Rates are null at the first look. */
  disks: z.array(
    z.object({
      name: z.string(),
      sizeBytes: Bytes,
      readOnly: z.boolean(),
      /** Share of the time in which a request was under way. */
      busyRatio: z.number().nullable(),
      /** Mean time of a request that ended, ms; null when none did. */
      awaitMs: z.number().nullable(),
      /** Requests under way, on average. */
      queue: z.number().nullable(),
      iops: z.number().nullable(),
    }),
  ),
  /** Arrays of /proc/mdstat. */
  arrays: z.array(
    z.object({
      name: z.string(),
      level: z.string(),
      active: z.boolean(),
      disksWanted: Count,
      disksPresent: Count,
      failed: z.array(z.string()),
      /** What it does about it, e.g. "recovery 12%"; null when idle. */
      doing: z.string().nullable(),
    }),
  ),
  /** Controllers below /sys/class/nvme: live is the healthy state. */
  nvme: z.array(z.object({ name: z.string(), state: z.string(), model: z.string().nullable() })),
  zram: z.array(z.object({ name: z.string(), sizeBytes: Bytes, dataBytes: Bytes, memoryBytes: Bytes })),
});

/** Mounts that may hang: what answers, what does not, and how fast they fill. */
export const MountHealthFact = z.object({
  /** Local file systems that hold a runtime or the root: whether a change would begin. Asked by removing a folder that does not exist. */
  writable: z.array(
    z.object({
      mountPoint: z.string(),
      device: z.string(),
      type: z.string(),
      /** Runtimes that keep their root here. */
      holds: z.array(z.string()),
      /** frozen: the question waits in the kernel's freeze lock (fsfreeze); stuck: it waits elsewhere; failed: it could not be asked. */
      state: z.enum(["ok", "frozen", "stuck", "failed"]),
      waitChannel: z.string().nullable(),
      /** Since when the question waits; null when it was answered. */
      since: Instant.nullable(),
      error: z.string().nullable(),
    }),
  ),
  /** How long a file system must have been frozen before it may be thawed here (`thaw.fileSystemAfterMs`). */
  thawAfterMs: z.number().optional(),
  /** A snapshot or backup that is under way on this machine; null where none is known. */
  backup: z.string().nullable().optional(),
  /** Network file systems, at most 50: whether statfs answers in time. */
  network: z.array(
    z.object({
      mountPoint: z.string(),
      type: z.string(),
      server: z.string(),
      state: z.enum(["ok", "silent", "failed"]),
      error: z.string().nullable(),
      since: Instant.nullable(),
    }),
  ),
  /** Connections of FUSE file systems (/sys/fs/fuse/connections), at most 50. */
  fuse: z.array(
    z.object({
      connection: z.string(),
      mountPoint: z.string().nullable(),
      type: z.string().nullable(),
      waiting: Count,
      maxBackground: Count,
      congestionThreshold: Count,
    }),
  ),
  /** How fast file systems fill: a line through the last six hours' use; only those with 30 min of history that grow. */
  growth: z.array(z.object({ mountPoint: z.string(), bytesPerHour: z.number(), overMs: z.number() })),
});

/** What the machine is made of and how it is. */
export const HardwareFact = z.object({
  /** Error counters of memory modules since boot (EDAC); null where the kernel has no driver for the controller. */
  memoryModules: z.array(z.object({ label: z.string(), correctable: Count, uncorrectable: Count })).nullable(),
  /** Temperatures (hwmon) that raise an alarm or stand at 80 % of their critical value, at most 32; rounded to 5 °C. */
  sensors: z.array(
    z.object({
      chip: z.string(),
      label: z.string(),
      celsius: z.number(),
      criticalC: z.number().nullable(),
      /** Any alarm, also that of a warning level (temp*_max). */
      alarm: z.boolean(),
      /** That of its critical or emergency level. */
      criticalAlarm: z.boolean().default(false),
    }),
  ),
  infiniband: z.array(
    z.object({
      device: z.string(),
      port: Count,
      state: z.string(),
      physicalState: z.string(),
      linkLayer: z.string(),
      linkDowned: Count.nullable(),
    }),
  ),
  /** NVIDIA cards; null on a node without any and without a wanted number. */
  gpus: z
    .object({
      /** From the agent's configuration. */
      expected: Count.nullable(),
      /** Cards on the PCI bus, and those that the driver took. */
      onBus: Count,
      driven: Count,
      /** NVSwitch chips on the bus: with them the fabric manager is needed. */
      switches: Count,
      fabricManagerRunning: z.boolean(),
      driver: z.string().nullable(),
      cards: z.array(
        z.object({
          busId: z.string(),
          persistence: z.boolean().nullable(),
          remapPending: z.boolean().nullable(),
          remapFailed: z.boolean().nullable(),
        }),
      ),
      /** Why nvidia-smi did not answer; null when it did. */
      error: z.string().nullable(),
    })
    .nullable(),
});

/** What the kernel has run out of, lost or left behind. */
export const KernelFact = z.object({
  /** Bits of /proc/sys/kernel/tainted. */
  tainted: z.number(),
  /** Tasks, and how many there can be: the least of pid_max and threads-max. */
  threads: z.object({ used: Count, max: z.number(), pidMax: z.number(), threadsMax: z.number() }),
  openFiles: z.object({ used: Count, max: z.number() }),
  /** Module → there (loaded or built in); only such as container nodes need. */
  modules: z.record(z.string(), z.boolean()),
  /** Modules that the agent's configuration asks for. */
  modulesWanted: z.array(z.string()),
  /** Controller → number of cgroups (/proc/cgroups). */
  cgroups: z.record(z.string(), Count),
  /** Removed cgroups that the kernel still holds (cgroup v2). */
  dyingCgroups: Count.nullable(),
  inotify: z.object({
    instancesMax: Count.nullable(),
    watchesMax: Count.nullable(),
    /** Per user, most instances first, at most 10. */
    users: z.array(z.object({ uid: Count, instances: Count, watches: Count })),
    /** Per process, most instances first, at most 10. */
    processes: z.array(z.object({ pid: Pid, name: z.string(), uid: Count, instances: Count, watches: Count })),
  }),
  /** Crash dumps of the kernel below /var/crash, newest first, at most 10. */
  crashDumps: z.array(z.object({ path: z.string(), at: Instant, sizeBytes: Bytes })),
});

export const machineFacts = {
  vm: VmFact,
  blockDevices: BlockDevicesFact,
  mountHealth: MountHealthFact,
  hardware: HardwareFact,
  kernel: KernelFact,
} as const;
