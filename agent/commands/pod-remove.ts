// Command pod.remove: stops and removes pod sandboxes that are dead already, each looked at again right before. One that came to life is left alone.
import { kubeletRuns } from "../collectors/kubelet.ts";
import { hasKubeletFiles } from "../collectors/kubelet-places.ts";
import { messageOf, Refusal } from "../host/errors.ts";
import type { Inventory } from "../runtimes/watch.ts";
import { type CommandContext, defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

/** A sandbox is listed as not ready while it is made: this old it is none of those, ms. */
const NEW_MS = 15_000;

const hasKubelet = (ctx: CommandContext): boolean => kubeletRuns(ctx) || hasKubeletFiles();

/**
 * Why a pod may not be removed, or null. A kubelet's pod keeps its last sandbox and its ended containers for their logs and exit codes: of those
 * only one goes that is empty and whose place a younger one has taken.
 * @param isNodesKubelet whether a kubelet, running or not, belongs to this node: then every pod counts as its own
 */
export function inUse(
  { pods, containers }: Pick<Inventory, "pods" | "containers">,
  id: string,
  now: number,
  isNodesKubelet: boolean,
): string | null {
  const pod = pods.find((p) => p.id === id);
  if (!pod) return "gone already";
  if (pod.ready) return "is ready";
  if (now - pod.createdAt < NEW_MS) return "is being made";
  const own = containers.filter((c) => c.podId === id);
  const alive = own.find((c) => c.state !== "exited");
  if (alive) return `has ${alive.name} ${alive.state}`;
  if (!isNodesKubelet && pod.isKubelets !== true) return null;
  if (own.length > 0) return `is a kubelet's, with the log of ${own[0]?.name}`;
  const isReplaced = pod.uid !== "" && pods.some((p) => p.uid === pod.uid && p.createdAt > pod.createdAt);
  return isReplaced ? null : "is the last sandbox of a kubelet's pod";
}

export const podRemove = defineCommand({
  type: "pod.remove",
  affects: ["pods", "containers", "processes", "cgroups", "mounts", "podNetwork", "runtimes"],
  timeoutMs: 600_000,
  async run({ runtime: id, pods }, ctx) {
    const watched = await answeringRuntime(ctx, id);
    const isNodesKubelet = hasKubelet(ctx);
    const removed: string[] = [];
    const skipped: { id: string; reason: string }[] = [];
    for (const podId of [...new Set(pods)]) {
      ctx.runtimes.forget(); // not even the answer of this very millisecond
      const reason = inUse(await ctx.runtimes.inventory(watched, 0), podId, Date.now(), isNodesKubelet);
      if (reason !== null) skipped.push({ id: podId, reason });
      else
        await watched.runtime.removePod(podId).then(
          () => removed.push(podId),
          (err) => skipped.push({ id: podId, reason: messageOf(err) }),
        );
    }
    if (removed.length === 0)
      throw new Refusal(
        "nothing-to-remove",
        `nothing could be removed: ${skipped.map((s) => `${s.id.slice(0, 12)} ${s.reason}`).join("; ")}`,
      );
    return {
      message: `${removed.length} dead pod sandboxes removed${skipped.length ? `, ${skipped.length} left` : ""}`,
      changed: true,
      output: { removed, skipped },
    };
  },
});
