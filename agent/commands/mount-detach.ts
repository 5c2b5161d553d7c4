// Command mount.detach: lazily unmounts exactly one mount of a container that is gone. Nothing below is deleted, not even the empty folder.
import { isBusy, ownerOf } from "../collectors/mounts.ts";
import { Failure, Refusal } from "../host/errors.ts";
import { type Mount, readMounts } from "../host/mountinfo.ts";
import { run } from "../host/run.ts";
import { defineCommand } from "./define.ts";
import { processesOfContainer, processesOfPod, provenUnknown } from "./prove.ts";

/** The topmost mount at a point. */
const topmost = (mountPoint: string): Mount | undefined => readMounts().findLast((m) => m.mountPoint === mountPoint);

export const mountDetach = defineCommand({
  type: "mount.detach",
  affects: ["mounts", "filesystems"],
  timeoutMs: 60_000,
  async run({ mountPoint, type, source, containerId }, ctx) {
    const mount = topmost(mountPoint);
    if (!mount) throw new Refusal("target-gone", `nothing is mounted on ${mountPoint}`);
    if (mount.type !== type || mount.source !== source) {
      throw new Refusal(
        "target-changed",
        `${mountPoint} has ${mount.type} from ${mount.source} now, not ${type} from ${source}`,
      );
    }
    if (ownerOf(mountPoint) !== containerId)
      throw new Refusal("not-its-mount", `${mountPoint} does not belong to ${containerId.slice(0, 12)}`);
    await provenUnknown(ctx, containerId, "k8s.io");
    const isPodUid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(containerId);
    const alive = isPodUid ? processesOfPod(containerId) : processesOfContainer(containerId);
    if (alive.length > 0)
      throw new Refusal("still-alive", `processes of the container live: ${alive.slice(0, 5).join(", ")}`);
    if (isBusy(mount, ctx.table.read(0))) throw new Refusal("busy", "a process uses the mount");
    const result = await run(["umount", "-l", mountPoint], { timeoutMs: 20_000 });
    const left = readMounts().some((m) => m.id === mount.id);
    if (result.code !== 0 || left)
      throw new Failure("not-detached", result.stderr.trim() || "the mount is still there", !left);
    return { message: `${type} detached from ${mountPoint}`, changed: true };
  },
});
