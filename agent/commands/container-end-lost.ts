// Command container.end-lost: ends what lives in the cgroup of a container that no runtime lists any more. Membership in that cgroup, looked at
// again before every signal, is what makes a process a target.
import { readdirSync, rmdirSync } from "node:fs";
import { containerIdOf, parseHierarchy, pidsIn, rootOf } from "../collectors/cgroups.ts";
import { isShim, parseShim } from "../collectors/processes.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { readMounts } from "../host/mountinfo.ts";
import { argvOf, isLive, statOf } from "../host/proc.ts";
import { until } from "../host/wait.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { provenUnknown, signal } from "./prove.ts";

type Ref = { pid: number; startTicks: number };

/** Live members of the cgroup now. */
function members(folder: string): Ref[] {
  return pidsIn(folder).flatMap((pid) => {
    const stat = statOf(pid);
    return stat && stat.state !== "Z" && stat.state !== "X" ? [{ pid, startTicks: stat.startTicks }] : [];
  });
}

/** Removes the cgroup's empty folders, deepest first. rmdir(2) on a cgroup with processes fails, so nothing in use can go. */
function removeEmpty(folder: string): boolean {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true }))
      if (entry.isDirectory()) removeEmpty(`${folder}/${entry.name}`);
    rmdirSync(folder);
    return true;
  } catch {
    return false; // not there in this hierarchy, or not empty
  }
}

async function refuseIfOwned(ctx: CommandContext, containerId: string, refs: readonly Ref[]): Promise<void> {
  const table = ctx.table.read(0);
  for (const p of table.all) {
    if (!isShim(p.name) || p.state === "Z") continue;
    if (parseShim(await argvOf(p.pid))?.containerId === containerId)
      throw new Refusal("has-shim", `shim ${p.pid} stands for the container`);
  }
  for (const ref of refs) {
    for (let p = table.byPid.get(ref.pid); p && p.pid > 1; p = table.byPid.get(p.ppid)) {
      if (isShim(p.name)) throw new Refusal("has-shim", `process ${ref.pid} lives below shim ${p.pid}`);
    }
  }
}

export const containerEndLost = defineCommand({
  type: "container.end-lost",
  affects: ["cgroups", "processes", "mounts"],
  timeoutMs: 120_000,
  async run({ containerId, cgroupPath, processes, graceMs }, ctx) {
    const hierarchy = parseHierarchy(readMounts());
    const root = rootOf(hierarchy);
    const parts = cgroupPath.split("/");
    if (root === null || parts.includes("..") || containerIdOf(parts.at(-1) ?? "") !== containerId) {
      throw new Refusal("not-its-cgroup", `${cgroupPath} is not a cgroup of ${containerId.slice(0, 12)}`);
    }
    const folder = `${root}${cgroupPath}`;
    const inside = members(folder);
    if (inside.length === 0) throw new Refusal("target-gone", "no process lives in its cgroup any more");
    const strangers = processes.filter(
      (ref) => isLive(ref) && !inside.some((m) => m.pid === ref.pid && m.startTicks === ref.startTicks),
    );
    if (strangers.length > 0)
      throw new Refusal("target-changed", `process ${strangers[0]?.pid} is not in the container's cgroup`);
    if (!processes.some((ref) => isLive(ref)))
      throw new Refusal("target-changed", "none of the named processes lives; others do");
    if (inside.some((m) => m.pid <= 1 || m.pid === process.pid))
      throw new Refusal("protected", "the node's first process or the agent is in it");
    await provenUnknown(ctx, containerId, "k8s.io");
    await refuseIfOwned(ctx, containerId, inside);

    for (const ref of inside) signal(ref, "SIGTERM");
    await until(graceMs, 100, () => (members(folder).length === 0 ? true : null));
    // Processes may fork while they are killed: look again until the cgroup is empty.
    const emptied = await until(10_000, 100, () => {
      const left = members(folder);
      for (const ref of left) signal(ref, "SIGKILL");
      return left.length === 0 ? true : null;
    });
    if (!emptied) throw new Failure("still-alive", `${members(folder).length} processes did not end`, true);
    const folders = [...new Set(hierarchy.mounts.values())].map((mount) => `${mount}${cgroupPath}`);
    await until(3_000, 200, () => (removeEmpty(folder) ? true : null));
    const removed = folders.filter((path) => path === folder || removeEmpty(path)).length;
    return {
      message: `${inside.length} processes of lost container ${containerId.slice(0, 12)} ended`,
      changed: true,
      output: { ended: inside.map((m) => m.pid), cgroupsRemoved: removed },
    };
  },
});
