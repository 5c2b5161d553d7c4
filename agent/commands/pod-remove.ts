// Command pod.remove: stops and removes pod sandboxes that are dead already, each looked at again right before. One that came to life is left alone.
import { messageOf, Refusal } from "../host/errors.ts";
import type { Inventory } from "../runtimes/watch.ts";
import { defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

/** A sandbox is listed as not ready while it is made: this old it is none of those, ms. */
const NEW_MS = 15_000;

/** Why a pod may not be removed, or null. */
export function inUse(
  { pods, containers }: Pick<Inventory, "pods" | "containers">,
  id: string,
  now: number,
): string | null {
  const pod = pods.find((p) => p.id === id);
  if (!pod) return "gone already";
  if (pod.ready) return "is ready";
  if (now - pod.createdAt < NEW_MS) return "is being made";
  const alive = containers.filter((c) => c.podId === id && c.state !== "exited");
  return alive.length > 0 ? `has ${alive[0]?.name} ${alive[0]?.state}` : null;
}

export const podRemove = defineCommand({
  type: "pod.remove",
  affects: ["pods", "containers", "processes", "cgroups", "mounts", "podNetwork", "runtimes"],
  timeoutMs: 600_000,
  async run({ runtime: id, pods }, ctx) {
    const watched = await answeringRuntime(ctx, id);
    const removed: string[] = [];
    const skipped: { id: string; reason: string }[] = [];
    for (const podId of [...new Set(pods)]) {
      ctx.runtimes.forget(); // not even the answer of this very millisecond
      const reason = inUse(await ctx.runtimes.inventory(watched, 0), podId, Date.now());
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
