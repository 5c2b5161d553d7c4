// Repair: lazily unmount what a container left behind, deepest first. Nothing is deleted, neither the mounted data nor the folders.
import { leakedMounts } from "../checks/mount-leaked.ts";
import { shortId, t } from "../checks/text.ts";
import type { FactData } from "../protocol/facts.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, notListed, runtimesAnswer, stillThere } from "./guards.ts";

type ContainerMount = FactData["mounts"]["containerMounts"][number];

/** The leftovers of the finding's container, deepest mount point first, later ones before earlier ones at the same point. */
function leftovers(ctx: RepairContext): ContainerMount[] {
  const { containers, pods, mounts, cgroups, processes } = ctx.facts;
  if (!containers?.data || !pods?.data || !mounts?.data || !cgroups?.data || !processes?.data) return [];
  const leaked = leakedMounts(
    {
      containers: containers.data,
      pods: pods.data,
      mounts: mounts.data,
      cgroups: cgroups.data,
      processes: processes.data,
    },
    ctx.facts.sandboxes?.data?.processes,
  );
  const depth = (mount: ContainerMount) => mount.mountPoint.split("/").length;
  return (leaked.get(ctx.finding.subject) ?? [])
    .map((mount, index) => ({ mount, index }))
    .sort((a, b) => depth(b.mount) - depth(a.mount) || b.index - a.index)
    .map(({ mount }) => mount);
}

export const detachLeakedMount = defineRepair({
  id: "detach-leaked-mount",
  title: t("Detach the leaked mounts", "卸载泄漏的挂载点"),
  risk: "safe",
  verifies: ["mount-leaked"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const mounts = leftovers(ctx);
    const busy = mounts.filter((mount) => mount.busy);
    return [
      factsFresh(ctx, ["mounts", "containers", "pods", "cgroups", "processes", "runtimes"]),
      stillThere(mounts.length > 0 ? mounts.map((m) => `${m.type} on ${m.mountPoint}`).join("; ") : null),
      runtimesAnswer(ctx),
      notListed(ctx, ctx.finding.subject),
      {
        id: "nobody-lives-there",
        title: t("No process has files open there", "没有进程在使用它"),
        ok: mounts.length > 0 && busy.length === 0,
        detail:
          busy.length > 0
            ? `in use: ${busy.map((m) => m.mountPoint).join(", ")}`
            : `${mounts.length} mounts, none in use`,
      },
    ];
  },
  plan: (ctx) => {
    const mounts = leftovers(ctx);
    if (mounts.length === 0)
      return { nothing: t("Nothing of this container is mounted any more.", "该容器已没有残留的挂载点。") };
    return {
      evidence: { sections: ["mounts", "containers", "processes"], containerId: ctx.finding.subject },
      steps: mounts.map(({ mountPoint, type, source, containerId }) => ({
        title: t(`Detach ${mountPoint}`, `卸载 ${mountPoint}`),
        action: { type: "mount.detach" as const, params: { mountPoint, type, source, containerId } },
      })),
      touches: t(
        `Detaches ${mounts.length} mount(s) of the gone container ${shortId(ctx.finding.subject)}; deletes nothing.`,
        `卸载已消失容器 ${shortId(ctx.finding.subject)} 的 ${mounts.length} 个挂载点；不删除任何数据。`,
      ),
    };
  },
});
