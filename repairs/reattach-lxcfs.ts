// Repair: detach the dead lxcfs mount, start lxcfs, bind its files into the running containers again. No container restarts.
import { t } from "../checks/text.ts";
import { defineRepair, type RepairContext } from "./define.ts";
import { factsFresh, moduleRestartable, stillThere } from "./guards.ts";

/** Where lxcfs mounts itself unless told otherwise; used when it is not mounted at all. */
const DEFAULT_MOUNT_POINT = "/var/lib/lxcfs";

function stateOf(ctx: RepairContext) {
  const lxcfs = ctx.facts.lxcfs?.data;
  const module = ctx.facts.modules?.data?.find((m) => m.kind === "lxcfs");
  const broken = lxcfs?.containers.filter((c) => !c.ok) ?? [];
  const ill =
    lxcfs !== undefined && lxcfs !== null && ((lxcfs.state !== "ok" && lxcfs.state !== "absent") || broken.length > 0);
  // A restart of lxcfs takes its files from every container that has them, not only from those that fail now.
  const containers = lxcfs?.state === "ok" ? broken : (lxcfs?.containers ?? []);
  const mountPoint = lxcfs?.mountPoint ?? DEFAULT_MOUNT_POINT;
  return { lxcfs, module, ill, mountPoint, containers: [...new Set(containers.map((c) => c.containerId))].sort() };
}

export const reattachLxcfs = defineRepair({
  id: "reattach-lxcfs",
  title: t("Restart lxcfs and re-attach containers", "重启 lxcfs 并重新接入容器"),
  risk: "disruptive",
  verifies: ["lxcfs-dead"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const { lxcfs, module, ill, containers } = stateOf(ctx);
    return [
      factsFresh(ctx, ["lxcfs", "modules"]),
      stillThere(
        lxcfs && ill
          ? `lxcfs ${lxcfs.state}${lxcfs.error ? `: ${lxcfs.error}` : ""}, ${containers.length} containers to re-attach`
          : null,
      ),
      {
        id: "mount-point-known",
        title: t("Its mount point is known", "挂载点已知"),
        ok: lxcfs?.mountPoint != null || lxcfs?.state === "unmounted",
        detail: lxcfs?.mountPoint ?? `not mounted, the default is ${DEFAULT_MOUNT_POINT}`,
      },
      moduleRestartable(module),
    ];
  },
  plan: (ctx) => {
    const { lxcfs, module, ill, mountPoint, containers } = stateOf(ctx);
    if (!lxcfs || !module || !ill) return { nothing: t("lxcfs answers everywhere.", "lxcfs 在各处均应答正常。") };
    return {
      evidence: {
        sections: ["lxcfs", "mounts", "processes", "module-log", "kmsg"],
        module: module.name,
        ...(lxcfs.process ? { process: lxcfs.process } : {}),
      },
      steps: [
        {
          title: t(
            `Detach ${mountPoint}, start ${module.name}, re-bind in ${containers.length} container(s)`,
            `卸下 ${mountPoint}，启动 ${module.name}，为 ${containers.length} 个容器重新绑定`,
          ),
          action: { type: "lxcfs.reattach", params: { mountPoint, module: module.name, containers } },
        },
      ],
      touches: t(
        `Replaces the lxcfs files under /proc of ${containers.length} container(s); their processes go on running.`,
        `替换 ${containers.length} 个容器 /proc 下的 lxcfs 文件；容器内进程继续运行。`,
      ),
    };
  },
});
