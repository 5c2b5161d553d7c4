// Proofs about containers that commands ask for on the spot: who lists what, where its cgroup is, and what the node's own policy says of the place.
import { realpathSync } from "node:fs";
import type { ContainerFact } from "../../protocol/facts.ts";
import { findContainers, type Hierarchy, parseHierarchy, rootOf } from "../collectors/cgroups.ts";
import { messageOf, Refusal } from "../host/errors.ts";
import { isUnder, readMounts } from "../host/mountinfo.ts";
import type { Watched } from "../runtimes/watch.ts";
import type { CommandContext } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

/** As the runtimes that this agent watches name containers and pods. Other names are given by people, and what has one is theirs. */
export const isRuntimeId = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

/** Namespaces of containerd in which engines keep containers: kubelet's, Docker's, nerdctl's. */
const NAMESPACES = ["k8s.io", "moby", "default"];

/**
 * Every id that any runtime lists at this moment: containers, pods, their uids, and what lies below them.
 * @throws Refusal when not every runtime answers, or there is none: nobody can then say what is left over
 */
export async function listedNow(ctx: CommandContext): Promise<Set<string>> {
  const all = ctx.runtimes.all();
  if (all.length === 0) throw new Refusal("no-runtime", "no runtime is known that could say what is in use");
  const listed = new Set<string>();
  for (const { runtime } of all) {
    const watched = await answeringRuntime(ctx, runtime.spec.id);
    try {
      const { containers, pods } = await ctx.runtimes.inventory(watched, 0);
      for (const c of containers) for (const id of [c.id, c.podId, c.podUid]) if (id) listed.add(id);
      for (const p of pods) for (const id of [p.id, p.uid]) if (id) listed.add(id);
      for (const namespace of NAMESPACES) for (const id of await runtime.tasks(namespace)) listed.add(id);
    } catch (err) {
      throw new Refusal("runtime-silent", `${runtime.spec.id} cannot say what it has: ${messageOf(err)}`);
    }
  }
  return listed;
}

/** The container as its runtime lists it now. @throws Refusal when none does, or the node's policy keeps that runtime as it is */
export async function listedContainer(
  ctx: CommandContext,
  id: string,
): Promise<{ watched: Watched; container: ContainerFact }> {
  for (const watched of ctx.runtimes.all()) {
    const inventory = await ctx.runtimes.inventory(watched, 0).catch(() => null); // a silent runtime lists nothing
    const container = inventory?.containers.find((c) => c.id === id);
    if (!container) continue;
    mayChangeRuntime(ctx, watched.runtime.spec.id);
    return { watched, container };
  }
  throw new Refusal("target-gone", `no runtime that answers lists container ${id.slice(0, 12)}`);
}

/** @throws Refusal when the node's policy keeps that runtime, and what it runs, as it is */
export function mayChangeRuntime(ctx: CommandContext, id: string): void {
  const { runtimes } = ctx.config.policy;
  if (runtimes && !runtimes.includes(id)) throw new Refusal("policy", `runtime ${id} may not be changed on this node`);
}

/** @throws Refusal when the node's policy names folders and the path lies in none of them */
export function mayTouch(ctx: CommandContext, path: string): void {
  const { paths } = ctx.config.policy;
  if (paths && !paths.some((folder) => isUnder(path, folder)))
    throw new Refusal("policy", `${path} is outside the folders that may be changed on this node`);
}

/** The path without links. @throws Refusal when it is not there */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (err) {
    throw new Refusal("target-gone", messageOf(err));
  }
}

/** Folder of a container's cgroup in the hierarchy of a controller (v2: the one there is). @throws Refusal when there is not exactly one */
export function cgroupOf(containerId: string, controller: string): { hierarchy: Hierarchy; folder: string } {
  const hierarchy = parseHierarchy(readMounts());
  const root = hierarchy.version === "v2" ? rootOf(hierarchy) : (hierarchy.mounts.get(controller) ?? null);
  if (root === null) throw new Refusal("no-such-controller", `cgroups have no ${controller} here`);
  const found = findContainers(root).found.filter((item) => item.containerId === containerId);
  const [only] = found;
  if (!only) throw new Refusal("target-gone", `container ${containerId.slice(0, 12)} has no cgroup`);
  if (found.length > 1)
    throw new Refusal("not-clear", `${found.length} cgroups carry the id ${containerId.slice(0, 12)}`);
  return { hierarchy, folder: `${root}${only.path}` };
}
