// Command runtime.prune: removes named exited containers and unused images, each looked at again right before. What came into use is left alone.
import { usersOf } from "../collectors/runtimes.ts";
import { messageOf, Refusal } from "../host/errors.ts";
import { mountOf, readMounts } from "../host/mountinfo.ts";
import { spaceOf } from "../host/probe-path.ts";
import { until } from "../host/wait.ts";
import { defineCommand } from "./define.ts";
import { answeringRuntime } from "./prove.ts";

/** Runtimes free the space a moment later, when their own garbage collection runs: waits for it to begin and to end, eight seconds at most. */
async function settled(measure: () => Promise<number>, before: number): Promise<number> {
  let last = await measure();
  let stillSince = performance.now();
  await until(8_000, 250, async () => {
    const now = await measure();
    if (now !== last) stillSince = performance.now();
    last = now;
    return last > before && performance.now() - stillSince > 1_000 ? true : null;
  });
  return last;
}

export const runtimePrune = defineCommand({
  type: "runtime.prune",
  affects: ["filesystems", "containers", "pods", "images", "mounts"],
  timeoutMs: 600_000,
  async run({ runtime: id, containers, images }, ctx) {
    const watched = await answeringRuntime(ctx, id);
    const { runtime } = watched;
    const rootDir = watched.details?.rootDir ?? null;
    const free = async () => {
      const mount = rootDir === null ? null : mountOf(rootDir, readMounts());
      return mount ? (await spaceOf(mount.mountPoint, mount.type)).availableBytes : 0;
    };
    const before = await free();
    const removed = { containers: [] as string[], images: [] as string[] };
    const skipped: { id: string; reason: string }[] = [];
    for (const containerId of containers) {
      const now = (await ctx.runtimes.inventory(watched, 0)).containers.find((c) => c.id === containerId);
      if (!now) skipped.push({ id: containerId, reason: "gone already" });
      else if (now.state !== "exited") skipped.push({ id: containerId, reason: `is ${now.state}` });
      else
        await runtime.removeContainer(containerId).then(
          () => removed.containers.push(containerId),
          (err) => skipped.push({ id: containerId, reason: messageOf(err) }),
        );
    }
    for (const imageId of images) {
      const users = (await ctx.runtimes.inventory(watched, 0)).containers;
      const image = (await runtime.images()).find((i) => i.id === imageId || i.tags.includes(imageId));
      const count = image ? usersOf(image, users) : 0;
      if (!image) skipped.push({ id: imageId, reason: "gone already" });
      else if (image.pinned) skipped.push({ id: imageId, reason: "is pinned" });
      else if (count > 0) skipped.push({ id: imageId, reason: `is used by ${count} containers` });
      else
        await runtime.removeImage(image.id).then(
          () => removed.images.push(imageId),
          (err) => skipped.push({ id: imageId, reason: messageOf(err) }),
        );
    }
    const count = removed.containers.length + removed.images.length;
    if (count === 0)
      throw new Refusal(
        "nothing-to-remove",
        `nothing could be removed: ${skipped.map((s) => `${s.id.slice(0, 19)} ${s.reason}`).join("; ")}`,
      );
    const freedBytes = Math.max(0, (await settled(free, before)) - before);
    return {
      message: `${removed.containers.length} containers and ${removed.images.length} images removed${skipped.length ? `, ${skipped.length} left` : ""}`,
      changed: true,
      output: { removed, skipped, freedBytes },
    };
  },
});
