// Looks at paths that may never answer (FUSE, network file systems) through a child process: a thread of ours that hangs there could not be
// taken back, a child can be killed.
import type { StatsFs } from "node:fs";
import { statfs } from "node:fs/promises";
import { run } from "./run.ts";
import { within } from "./wait.ts";

export type Space = {
  totalBytes: number;
  freeBytes: number;
  availableBytes: number;
  inodes: number;
  inodesFree: number;
};

/** File systems whose server may be gone or hang. */
export const mayHang = (type: string): boolean => /^(fuse|nfs|cifs|smb|9p|ceph|glusterfs|lustre|afs|gpfs)/.test(type);

const pending = new Map<string, Promise<StatsFs>>();

/** statfs(2) of a mount point within `ms`. @throws with the reason, e.g. "Transport endpoint is not connected" */
export async function spaceOf(mountPoint: string, type: string, ms = 2_000): Promise<Space> {
  if (mayHang(type)) {
    const result = await run(["stat", "-f", "-c", "%S %b %f %a %c %d", mountPoint], { timeoutMs: ms });
    if (result.timedOut) throw new Error(`no answer within ${ms} ms`);
    if (result.code !== 0) throw new Error(result.stderr.trim().split(": ").at(-1) ?? "stat failed");
    const [unit = 0, blocks = 0, free = 0, available = 0, inodes = 0, inodesFree = 0] = result.stdout
      .trim()
      .split(" ")
      .map(Number);
    return { totalBytes: unit * blocks, freeBytes: unit * free, availableBytes: unit * available, inodes, inodesFree };
  }
  // A local disk may hang as well (a frozen file system): never ask twice at the same time, but all who want to know may wait for the one answer.
  const question = pending.get(mountPoint) ?? statfs(mountPoint).finally(() => pending.delete(mountPoint));
  pending.set(mountPoint, question);
  const s = await within("statfs", ms, question);
  return {
    totalBytes: s.bsize * s.blocks,
    freeBytes: s.bsize * s.bfree,
    availableBytes: s.bsize * s.bavail,
    inodes: s.files,
    inodesFree: s.ffree,
  };
}

export type PathAnswer = { state: "ok" | "dead" | "hung" | "failed"; error: string | null };

/** Reads a little of a file that may be dead or hang. */
export async function probeFile(path: string, ms = 2_000): Promise<PathAnswer> {
  const result = await run(["head", "-c", "64", path], { timeoutMs: ms, maxBytes: 256 });
  if (result.timedOut) return { state: "hung", error: `no answer within ${ms} ms` };
  if (result.code === 0) return { state: "ok", error: null };
  const error = result.stderr.trim().split(": ").at(-1) ?? "read failed";
  return {
    state: /transport endpoint is not connected|software caused connection abort/i.test(error) ? "dead" : "failed",
    error,
  };
}
