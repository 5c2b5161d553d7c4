// What the first process of a container tells of it: user, limits, capabilities, size of its environment, its mounts. Slow-moving, so it is read once a minute.
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import type { FactData } from "../../protocol/facts.ts";
import { readPlain } from "../host/file.ts";
import { readLocked } from "../host/locked-file.ts";
import { type Mount, parseMountinfo } from "../host/mountinfo.ts";
import { argvOf, fileOf, linkOf, type ProcessStat } from "../host/proc.ts";
import type { ProcessTable } from "../host/process-table.ts";

type Container = FactData["workload"]["containers"][number];

/** Real user and capabilities of /proc/PID/status. */
export function parseStatus(text: string): { uid: number; capabilities: bigint } | null {
  const uid = /^Uid:\s+(\d+)/m.exec(text)?.[1];
  const caps = /^CapEff:\s+([0-9a-f]+)/m.exec(text)?.[1];
  return uid === undefined ? null : { uid: Number(uid), capabilities: BigInt(`0x${caps ?? "0"}`) };
}

/** Soft limit of a line of /proc/PID/limits; null when unlimited or absent. */
export function parseLimit(text: string | null, name: "Max processes" | "Max open files"): number | null {
  const match = new RegExp(`^${name}\\s+(\\S+)`, "m").exec(text ?? "");
  const value = Number(match?.[1] ?? Number.NaN);
  return Number.isFinite(value) ? value : null;
}

/** What a kubelet tells with oom_score_adj (Kubernetes, "Node out of memory behaviour"). */
export function qosOf(oomScoreAdj: number | null): Container["qos"] {
  if (oomScoreAdj === -997) return "guaranteed";
  if (oomScoreAdj === 1_000) return "best-effort";
  return oomScoreAdj !== null && oomScoreAdj >= 2 && oomScoreAdj <= 999 ? "burstable" : null;
}

/** Variables and bytes of an environment, and whether it sets a Java heap. Nothing of its text is kept. */
export function measureEnvironment(text: string): { count: number; bytes: number; setsHeap: boolean } {
  const setsHeap = /(^|\0)(JAVA_TOOL_OPTIONS|_JAVA_OPTIONS|JDK_JAVA_OPTIONS)=[^\0]*-(Xmx|XX:Max(RAM|Heap))/.test(text);
  return { count: text.split("\0").filter(Boolean).length, bytes: Buffer.byteLength(text), setsHeap };
}

async function environmentOf(pid: number) {
  try {
    const text = await readLocked(`/proc/${pid}/environ`);
    return text === null ? null : measureEnvironment(text);
  } catch {
    return null; // gone
  }
}

const HEAP_OPTION = /^-(Xmx|XX:Max(RAM|Heap)|XX:\+UseCGroupMemoryLimitForHeap)|^@/;

/** The first Java process below (or at) a container's first one, at most three steps deep. */
export function javaBelow(first: ProcessStat, table: Pick<ProcessTable, "children">): ProcessStat | null {
  let level = [first];
  for (let depth = 0; depth <= 3 && level.length > 0; depth++) {
    const found = level.find((p) => p.name === "java");
    if (found) return found;
    level = level.flatMap((p) => table.children.get(p.pid) ?? []).slice(0, 500);
  }
  return null;
}

/** JAVA_VERSION of the "release" file that every JDK since 7 has in its folder. */
function javaVersion(pid: number): string | null {
  const exe = linkOf(pid, "exe");
  if (!exe?.startsWith("/")) return null;
  for (const home of [dirname(dirname(exe)), dirname(dirname(dirname(exe)))]) {
    try {
      const text = readPlain(`/proc/${pid}/root${home}/release`, { maxBytes: 4_096 }).toString("utf8");
      const version = /^JAVA_VERSION="([0-9._+a-z-]{1,40})"/m.exec(text)?.[1];
      if (version) return version;
    } catch {
      // not there: the other folder is tried, then nobody knows
    }
  }
  return null;
}

async function jvmOf(first: ProcessStat, table: ProcessTable): Promise<Container["jvm"]> {
  const java = javaBelow(first, table);
  if (!java) return null;
  const [argv, environment] = [await argvOf(java.pid), await environmentOf(java.pid)];
  const isHeapSet = argv.some((arg) => HEAP_OPTION.test(arg)) || environment?.setsHeap === true;
  return { version: javaVersion(java.pid), isHeapSet };
}

function countOpenFiles(pid: number): number | null {
  try {
    return readdirSync(`/proc/${pid}/fd`).length;
  } catch {
    return null; // gone meanwhile
  }
}

/** Where a machine shows its serial number; binding a file there shows a container another one. */
const SERIAL = /^\/sys\/(class|devices\/virtual)\/dmi\/id\/product_serial$/;

/** The serial number bound into a container, as far as it is one. */
function serialShown(pid: number, mounts: readonly Mount[]): string | null {
  const bound = mounts.findLast((mount) => SERIAL.test(mount.mountPoint));
  if (!bound) return null;
  try {
    const text = readPlain(`/proc/${pid}/root${bound.mountPoint}`, { maxBytes: 128 }).toString("utf8").trim();
    return /^[\x20-\x7e]{1,64}$/.test(text) ? text : "";
  } catch {
    return null;
  }
}

export type SlowLook = Pick<
  Container,
  | "uid"
  | "nprocMax"
  | "envCount"
  | "envBytes"
  | "oomScoreAdj"
  | "qos"
  | "openFiles"
  | "openFilesMax"
  | "isRoot"
  | "isPrivileged"
  | "pidNamespace"
  | "isLxcfsBound"
  | "jvm"
  | "serialShown"
>;

/** A helper in the node's own view stands for the container: what /proc tells is of the helper. */
const HELPER: SlowLook = {
  uid: null,
  nprocMax: null,
  envCount: null,
  envBytes: null,
  oomScoreAdj: null,
  qos: null,
  openFiles: null,
  openFilesMax: null,
  isRoot: false,
  isPrivileged: false,
  pidNamespace: null,
  isLxcfsBound: false,
  jvm: null,
  serialShown: null,
};

/** One look at a first process; null when it is gone. @param allCapabilities mask of every capability the kernel knows */
export async function lookAtProcess(
  first: ProcessStat,
  table: ProcessTable,
  allCapabilities: bigint,
): Promise<SlowLook | null> {
  const status = parseStatus(fileOf(first.pid, "status") ?? "");
  if (!status) return null;
  if (linkOf(first.pid, "ns/mnt") === linkOf(process.pid, "ns/mnt")) return HELPER;
  const limits = fileOf(first.pid, "limits");
  const adj = fileOf(first.pid, "oom_score_adj");
  const oomScoreAdj = adj === null ? null : Number(adj);
  const mounts = parseMountinfo(fileOf(first.pid, "mountinfo") ?? "");
  const environment = await environmentOf(first.pid);
  return {
    uid: status.uid,
    nprocMax: parseLimit(limits, "Max processes"),
    envCount: environment?.count ?? null,
    envBytes: environment?.bytes ?? null,
    oomScoreAdj,
    qos: qosOf(oomScoreAdj),
    openFiles: countOpenFiles(first.pid),
    openFilesMax: parseLimit(limits, "Max open files"),
    isRoot: status.uid === 0,
    isPrivileged: allCapabilities > 0n && (status.capabilities & allCapabilities) === allCapabilities,
    pidNamespace: linkOf(first.pid, "ns/pid")?.replace(/\D/g, "") ?? null,
    isLxcfsBound: mounts.some((mount) => mount.type === "fuse.lxcfs" && mount.mountPoint === "/proc/meminfo"),
    jvm: await jvmOf(first, table),
    serialShown: serialShown(first.pid, mounts),
  };
}
