// Fact "lxcfs": whether the node's lxcfs answers, and whether the containers that have its files bound in still see live ones.
import { existsSync } from "node:fs";
import type { FactData } from "../../protocol/facts.ts";
import { type Mount, readMounts } from "../host/mountinfo.ts";
import { probeFile } from "../host/probe-path.ts";
import { linkOf } from "../host/proc.ts";
import { SEARCH_PATH } from "../host/run.ts";
import { type CollectorContext, defineCollector } from "./define.ts";

type LxcfsFact = FactData["lxcfs"];
type Attached = LxcfsFact["containers"][number];

/** Mounts of lxcfs in a mount table; the type stays the same after its process has died. */
export const lxcfsMounts = (mounts: readonly Mount[]): Mount[] => mounts.filter((m) => m.type === "fuse.lxcfs");

const installed = (): boolean => SEARCH_PATH.split(":").some((folder) => existsSync(`${folder}/lxcfs`));

/** A file of lxcfs that is cheap to read and always there. */
const probePath = (mountPoint: string): string => `${mountPoint}/proc/uptime`;

async function attached(
  ctx: CollectorContext,
  host: { device: string | null; state: LxcfsFact["state"] },
): Promise<Attached[]> {
  const found: Attached[] = [];
  const ownNamespace = linkOf(process.pid, "ns/mnt");
  for (const { inventory } of ctx.runtimes.all()) {
    for (const container of inventory?.containers ?? []) {
      if (container.state !== "running" || container.pid === null) continue;
      // A runtime's helper may stand for the container (gVisor) and live in the node's own mount namespace.
      if (linkOf(container.pid, "ns/mnt") === ownNamespace) continue;
      const mounts = mountsOf(container.pid);
      const first = mounts[0];
      if (!first) continue;
      const paths = mounts.map((m) => m.mountPoint).sort();
      const base = { containerId: container.id, pid: container.pid, paths };
      // The same file system as the node's: the same answer, without asking once per container.
      if (mounts.every((m) => m.device === host.device)) {
        const ok = host.state === "ok";
        found.push({ ...base, ok, error: ok ? null : `lxcfs is ${host.state}` });
        continue;
      }
      const stale = mounts.find((m) => m.device !== host.device) ?? first;
      const answer = await probeFile(
        `/proc/${container.pid}/root${stale.root === "/" ? probePath(stale.mountPoint) : stale.mountPoint}`,
        1_000,
      );
      found.push({ ...base, ok: answer.state === "ok", error: answer.error });
    }
  }
  return found.sort((a, b) => (a.containerId < b.containerId ? -1 : 1));
}

function mountsOf(pid: number): Mount[] {
  try {
    return lxcfsMounts(readMounts(pid));
  } catch {
    return []; // ended meanwhile
  }
}

export const lxcfs = defineCollector({
  kind: "lxcfs",
  everyMs: 10_000,
  timeoutMs: 30_000,
  read: async (ctx) => {
    const table = ctx.table.read();
    const process = table.all.find((p) => p.name === "lxcfs" && p.state !== "Z" && table.isLocal(p.pid)) ?? null;
    const mount = lxcfsMounts(readMounts()).at(-1) ?? null;
    let state: LxcfsFact["state"] = "absent";
    let error: string | null = null;
    if (mount && (process?.state === "T" || process?.state === "t")) {
      state = "hung";
      error = "its process is stopped (state T)";
    } else if (mount) {
      const answer = await probeFile(probePath(mount.mountPoint));
      state = answer.state === "failed" ? "dead" : answer.state;
      error = answer.error;
    } else if (process || ctx.config.modules.some((m) => m.kind === "lxcfs")) state = "unmounted";
    ctx.modules.lxcfs = state === "hung" ? "hung" : state === "ok" ? "ok" : null;
    return {
      present: mount !== null || process !== null || installed(),
      mountPoint: mount?.mountPoint ?? null,
      state,
      error,
      process: process ? { pid: process.pid, startTicks: process.startTicks } : null,
      containers: await attached(ctx, { device: mount?.device ?? null, state }),
    };
  },
});
