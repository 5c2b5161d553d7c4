// Proofs that commands ask for on the spot, right before they act. Each throws a Refusal that says what did not hold.
import type { ProcessRef } from "../../protocol/facts-base.ts";
import { findContainers, parseHierarchy, pidsIn, rootOf } from "../collectors/cgroups.ts";
import { knownToRuntimes, type ShimOwner } from "../collectors/processes.ts";
import { Refusal } from "../host/errors.ts";
import { readMounts } from "../host/mountinfo.ts";
import { fileOf, isLive, type ProcessStat, scanProcesses, statOf } from "../host/proc.ts";
import type { Watched } from "../runtimes/watch.ts";
import type { CommandContext } from "./define.ts";

/** Exactly this process, alive, and neither the agent nor the node's first one. */
export function provenProcess(ref: ProcessRef): ProcessStat {
  const stat = statOf(ref.pid);
  if (!stat || stat.state === "Z" || stat.state === "X")
    throw new Refusal("target-gone", `process ${ref.pid} has ended`);
  if (stat.startTicks !== ref.startTicks) {
    throw new Refusal(
      "target-changed",
      `pid ${ref.pid} is another process now: it started at tick ${stat.startTicks}, not ${ref.startTicks}`,
    );
  }
  if (ref.pid <= 1 || ref.pid === process.pid) throw new Refusal("protected", `process ${ref.pid} may not be touched`);
  return stat;
}

/** The runtime of that id, answering at this moment. */
export async function answeringRuntime(ctx: CommandContext, id: string): Promise<Watched> {
  const watched = ctx.runtimes.get(id);
  if (!watched) throw new Refusal("no-such-runtime", `runtime ${id} is not known on this node`);
  await ctx.runtimes.probe(watched);
  if (!watched.probe.ok) throw new Refusal("runtime-silent", `runtime ${id} does not answer: ${watched.probe.error}`);
  return watched;
}

/** No runtime knows the id, every runtime having been asked just now. */
export async function provenUnknown(
  ctx: CommandContext,
  id: string,
  namespace: string | null,
  owner: ShimOwner | null = null,
): Promise<void> {
  for (const watched of ctx.runtimes.all()) await answeringRuntime(ctx, watched.runtime.spec.id);
  const known = await knownToRuntimes(ctx, id, namespace, 0, owner);
  if (known === null)
    throw new Refusal("runtime-silent", "not every runtime could be asked, so nobody can say that it is gone");
  if (known) throw new Refusal("still-known", `a runtime knows ${id.slice(0, 12)}`);
}

/** Live processes in any cgroup that carries the id. */
export function processesOfContainer(id: string): number[] {
  const root = rootOf(parseHierarchy(readMounts()));
  if (root === null) return [];
  return findContainers(root)
    .found.filter((item) => item.containerId === id)
    .flatMap((item) => pidsIn(`${root}${item.path}`))
    .filter((pid) => {
      const stat = statOf(pid);
      return stat !== null && stat.state !== "Z";
    });
}

/** Live processes in any cgroup of that pod: kubelet writes its uid with dashes (cgroupfs) or underscores (systemd). */
export function processesOfPod(uid: string, root = "/proc"): number[] {
  const forms = [uid, uid.replaceAll("-", "_")];
  return scanProcesses(root)
    .filter((p) => p.state !== "Z" && p.state !== "X")
    .filter((p) => forms.some((form) => fileOf(p.pid, "cgroup", root)?.includes(form)))
    .map((p) => p.pid);
}

/** Sends a signal to exactly this process. @returns false when it was gone already */
export function signal(ref: ProcessRef, name: NodeJS.Signals): boolean {
  if (!isLive(ref)) return false;
  try {
    process.kill(ref.pid, name);
    return true;
  } catch (err) {
    if (err instanceof Error && "code" in err && err.code === "ESRCH") return false;
    throw err;
  }
}
