// What `debug.collect` brings back: one container, or the node, as /proc, cgroups and namespaces show it. Facts without judgement; diagnosis/debug judges.
import { z } from "zod";

const Count = z.number().int().nonnegative();
const Text = z.string().max(4_096);

/** One part of a report: read, or why not. `ms`: how long it took. */
const part = <T extends z.ZodType>(value: T) =>
  z.object({ value: value.nullable(), error: Text.nullable(), ms: z.number().nonnegative() });
export type Part<T> = { value: T | null; error: string | null; ms: number };

export const DebugProcess = z.object({
  pid: Count,
  /** As the container itself counts; null where it is not known. */
  innerPid: Count.nullable(),
  ppid: Count,
  name: Text,
  /** R S D Z T t I X as /proc/PID/stat has it. */
  state: z.string().max(2),
  threads: Count,
  /** Threads that sleep without letting themselves be woken. */
  stuckThreads: Count,
  waitChannel: Text.nullable(),
  /** Of the kernel, innermost first; only for those in D, and where root may read it. */
  stack: z.array(Text).max(40),
  command: Text,
  residentBytes: Count,
  cpuMs: Count,
  startedAt: z.number(),
  /** The same in clock ticks since the node's start: with the pid it names exactly this process. */
  startTicks: Count,
  openFiles: Count.nullable(),
  openFilesMax: Count.nullable(),
  containerId: Text.nullable(),
});
export type DebugProcess = z.infer<typeof DebugProcess>;

/** Shares of the last 10 s in which tasks stood still, per cent. */
const Pressure = z.object({ some: z.number(), full: z.number().nullable() }).nullable();
const Pressures = z.object({ cpu: Pressure, memory: Pressure, io: Pressure });

/** One level of control groups; null: no limit, or not there. */
export const DebugCgroup = z.object({
  path: Text,
  memoryBytes: Count.nullable(),
  memoryPeakBytes: Count.nullable(),
  memoryMaxBytes: Count.nullable(),
  oomKills: Count.nullable(),
  pids: Count.nullable(),
  pidsMax: Count.nullable(),
  /** Forks that the limit refused. */
  pidsRefused: Count.nullable(),
  cpuMaxMillis: Count.nullable(),
  periods: Count.nullable(),
  throttledPeriods: Count.nullable(),
  isFrozen: z.boolean().nullable(),
  pressure: Pressures,
});
export type DebugCgroup = z.infer<typeof DebugCgroup>;

export const DebugMount = z.object({
  mountPoint: Text,
  type: Text,
  source: Text,
  isReadOnly: z.boolean(),
  /** The file system itself, whatever this mount was told. */
  isSuperReadOnly: z.boolean(),
  /** What lies here is meant to be written to: the mount says rw, or the node's /etc/fstab does. */
  isMeantWritable: z.boolean(),
  state: z.enum(["ok", "hung", "dead", "failed", "unasked"]),
  error: Text.nullable(),
  totalBytes: z.number().nullable(),
  availableBytes: z.number().nullable(),
  inodes: z.number().nullable(),
  inodesFree: z.number().nullable(),
});
export type DebugMount = z.infer<typeof DebugMount>;

export const DebugNetwork = z.object({
  /** False: it uses the node's own. */
  isOwn: z.boolean(),
  interfaces: z
    .array(
      z.object({
        name: Text,
        isUp: z.boolean(),
        addresses: z.array(Text).max(16),
        rxBytes: z.number(),
        txBytes: z.number(),
        errors: z.number(),
        drops: z.number(),
      }),
    )
    .max(64),
  routes: z.array(Text).max(200),
  hasDefaultRoute: z.boolean(),
  /** `queue`: connections that nobody has accepted yet; `queueMax`: how many may wait. */
  listening: z
    .array(z.object({ protocol: Text, address: Text, queue: Count, queueMax: Count.nullable(), program: Text }))
    .max(200),
  connections: z.record(z.string(), Count),
  /** Since its network was made. */
  listenOverflows: Count.nullable(),
  retransmits: Count.nullable(),
  conntrack: z.object({ count: Count, max: Count }).nullable(),
});

export const DebugDns = z.object({
  servers: z.array(Text).max(10),
  search: z.array(Text).max(32),
  lookups: z.array(z.object({ server: Text, isAnswered: z.boolean(), ms: z.number(), error: Text.nullable() })).max(10),
});

export const DebugShim = z.object({
  pid: Count,
  name: Text,
  containerId: Text.nullable(),
  state: z.string().max(2),
  waitChannel: Text.nullable(),
  stuckThreads: Count,
  /** Its socket took a connection and went on; null where the socket was not found. */
  isAnswering: z.boolean().nullable(),
  error: Text.nullable(),
});

export const DebugRuntime = z.object({
  id: Text,
  version: Text.nullable(),
  isAnswering: z.boolean(),
  ms: z.number(),
  error: Text.nullable(),
  process: z
    .object({ pid: Count, state: z.string().max(2), waitChannel: Text.nullable(), openFiles: Count })
    .nullable(),
});
export type DebugRuntime = z.infer<typeof DebugRuntime>;

export const DebugContainer = z.object({
  name: Text,
  pod: Text.nullable(),
  podId: Text.nullable(),
  image: Text,
  handler: Text.nullable(),
  runtime: Text,
  /** What the runtime says, or last said. */
  state: Text,
  exitCode: z.number().int().nullable(),
  reason: Text.nullable(),
  pid: Count.nullable(),
  attempt: Count,
  /** When that was said; older than the report when the runtime does not answer. */
  saidAt: z.number(),
  isSaidNow: z.boolean(),
});

export const DebugTables = z.object({
  load: z.array(z.number()).max(3),
  cpus: Count,
  memoryBytes: Count,
  memoryAvailableBytes: Count,
  pids: z.object({ count: Count, max: Count }),
  files: z.object({ count: Count, max: Count }),
  conntrack: z.object({ count: Count, max: Count }).nullable(),
  /** Instances of user 0: the limit counts per user. */
  inotify: z.object({ count: Count, max: Count }).nullable(),
  pressure: Pressures,
});

export const DebugReport = z.object({
  v: z.literal(1),
  kind: z.enum(["container", "node"]),
  containerId: Text.nullable(),
  /** runc and its like (also Docker's): ordinary processes. gvisor, kata: what runs inside is not seen from the node. */
  sandbox: z.enum(["none", "gvisor", "kata", "lxc"]),
  at: z.number(),
  tookMs: z.number(),
  kernel: Text,
  container: part(DebugContainer),
  runtimes: part(z.array(DebugRuntime).max(20)),
  shims: part(z.array(DebugShim).max(200)),
  /** Of the container; of the node those that are stuck, stopped or dead. */
  processes: part(z.object({ total: Count, list: z.array(DebugProcess).max(300) })),
  cgroups: part(z.array(DebugCgroup).max(8)),
  mounts: part(z.array(DebugMount).max(300)),
  deletedFiles: part(z.array(z.object({ pid: Count, path: Text, bytes: z.number().nullable() })).max(100)),
  network: part(DebugNetwork),
  dns: part(DebugDns),
  /** What programs in it see of /proc. */
  views: part(
    z.object({
      hasLxcfs: z.boolean(),
      isAlive: z.boolean(),
      error: Text.nullable(),
      seenMemoryBytes: Count.nullable(),
    }),
  ),
  environment: part(z.array(Text).max(300)),
  image: part(z.object({ layers: Count, upper: Text.nullable(), snapshotter: Text.nullable() })),
  log: part(z.object({ path: Text, lines: z.array(Text).max(200) })),
  kernelLog: part(z.array(z.object({ at: z.number(), level: Count, message: Text })).max(200)),
  tables: part(DebugTables),
});
export type DebugReport = z.infer<typeof DebugReport>;
