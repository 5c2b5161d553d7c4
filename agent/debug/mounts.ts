// Mounts of a namespace for a debug report: read-only where writing is meant, dead, hung, full. Every one that may hang is asked through a child that can be killed.
import type { DebugMount } from "../../protocol/debug.ts";
import { readText } from "../host/file.ts";
import { type Mount, mountOf, readMounts } from "../host/mountinfo.ts";
import { run } from "../host/run.ts";
import { inTurns } from "./part.ts";

const LIST_MAX = 250;
const ASKED_MAX = 80;
const ASK_MS = 1_500;

/** The kernel's own: nothing of theirs can be full or dead. */
const KERNELS =
  /^(proc|sysfs|devpts|cgroup2?|mqueue|debugfs|tracefs|securityfs|pstore|bpf|configfs|hugetlbfs|autofs|binfmt_misc|fusectl|nsfs|rpc_pipefs|efivarfs|selinuxfs)$/;

/** Mount points that /etc/fstab wants writable. */
export function writableOf(fstab: string): Set<string> {
  const found = new Set<string>();
  for (const line of fstab.split("\n")) {
    const [source = "", point = "", , options = ""] = line.trim().split(/\s+/);
    if (source.startsWith("#") || !point.startsWith("/")) continue;
    if (!options.split(",").includes("ro")) found.add(point);
  }
  return found;
}

/** What a mount is meant to be, and is. */
export function modeOf(
  { options, superOptions, mountPoint, type }: Pick<Mount, "options" | "superOptions" | "mountPoint" | "type">,
  fstab: ReadonlySet<string>,
): Pick<DebugMount, "isReadOnly" | "isSuperReadOnly" | "isMeantWritable"> {
  const isSuperReadOnly = superOptions.includes("ro");
  const isReadOnly = options.includes("ro") || isSuperReadOnly;
  const canBe = !/^(iso9660|squashfs|erofs|cramfs|udf)$/.test(type);
  return {
    isReadOnly,
    isSuperReadOnly,
    // After an error the kernel turns the file system read-only and leaves the mount's own word as it was.
    isMeantWritable: canBe && (options.includes("rw") || fstab.has(mountPoint)),
  };
}

/** `stat -f` of a path, by a child. */
async function ask(
  path: string,
): Promise<Pick<DebugMount, "state" | "error" | "totalBytes" | "availableBytes" | "inodes" | "inodesFree">> {
  const none = { totalBytes: null, availableBytes: null, inodes: null, inodesFree: null };
  const result = await run(["stat", "-f", "-c", "%S %b %a %c %d", path], { timeoutMs: ASK_MS });
  if (result.timedOut) return { state: "hung", error: `no answer within ${ASK_MS} ms`, ...none };
  if (result.code !== 0) {
    const error = (result.stderr.trim().split(": ").at(-1) ?? "stat failed").slice(0, 500);
    const isDead = /transport endpoint|stale file handle|software caused|host is down|input\/output/i.test(error);
    return { state: isDead ? "dead" : "failed", error, ...none };
  }
  const [unit = 0, blocks = 0, free = 0, inodes = 0, inodesFree = 0] = result.stdout.trim().split(" ").map(Number);
  return { state: "ok", error: null, totalBytes: unit * blocks, availableBytes: unit * free, inodes, inodesFree };
}

/** One of several that show the same file system is enough for its space. lxcfs, whose files are bound in one by one, too. */
const keyOf = ({ device, type, root }: Mount): string => (type === "overlay" ? `${device} ${root}` : device);

/**
 * @param pid whose namespace; "self" is the node's
 * @param prefix how the node reaches it: /proc/PID/root
 */
export async function readDebugMounts(pid: number | "self", prefix: string): Promise<DebugMount[]> {
  const all = readMounts(pid);
  const shown = all.filter((m) => !KERNELS.test(m.type) && mountOf(m.mountPoint, all) === m);
  const firsts = new Map<string, Mount>();
  for (const mount of shown) if (!firsts.has(keyOf(mount))) firsts.set(keyOf(mount), mount);
  const asked = [...firsts.values()].slice(0, ASKED_MAX);
  const answers = await inTurns(asked, 12, (m) => ask(`${prefix}${m.mountPoint}`));
  const answerOf = new Map(asked.map((mount, at) => [keyOf(mount), answers[at]]));
  const fstab = pid === "self" ? writableOf(readText("/etc/fstab") ?? "") : new Set<string>();
  const none = { error: null, totalBytes: null, availableBytes: null, inodes: null, inodesFree: null } as const;
  return shown.slice(0, LIST_MAX).map((mount) => ({
    mountPoint: mount.mountPoint.slice(0, 1_000),
    type: mount.type,
    source: mount.source.slice(0, 1_000),
    ...modeOf(mount, fstab),
    ...(answerOf.get(keyOf(mount)) ?? { state: "unasked" as const, ...none }),
  }));
}
