// Repair: remove the empty folders that a pod left below the kubelet's folder. Never a file, never a mount: those are somebody's data.
import { orphanPodVolumes, provenGone } from "../../checks/services/orphan-pod-volumes.ts";
import { age, t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh, notListed, runtimesAnswer, stillThere } from "../guards.ts";

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

const folderOf = (ctx: RepairContext) =>
  ctx.facts.kubelet?.data?.unlisted.find((folder) => folder.podUid === ctx.finding.subject && UUID.test(folder.podUid));

/** Mounts of the pod that the mount table shows. */
const mountsOf = (ctx: RepairContext): number =>
  (ctx.facts.mounts?.data?.containerMounts ?? []).filter((mount) => mount.containerId === ctx.finding.subject).length;

export const clearOrphanVolumes = defineRepair({
  id: "clear-orphan-volumes",
  title: t("Remove the pod's empty folders", "清理 Pod 残留的空目录"),
  risk: "safe",
  verifies: ["orphan-pod-volumes"],
  settleMs: 2_000,
  verifyWithinMs: 60_000,
  guards: (ctx) => {
    const folder = folderOf(ctx);
    const gone = folder ? provenGone(ctx.facts, folder) : null;
    const old = folder ? ctx.now - folder.modifiedAt : 0;
    const mounts = (folder?.mounts ?? 0) + mountsOf(ctx);
    return [
      factsFresh(ctx, ["kubelet", "runtimes", "pods", "containers", "mounts"]),
      stillThere(folder ? `${folder.directories} directories of pod ${folder.podUid}` : null),
      runtimesAnswer(ctx),
      notListed(ctx, ctx.finding.subject),
      {
        id: "proven-gone",
        title: t("The pod is known to be gone, not waiting for its volumes", "已确认 Pod 不存在，而非在等待挂载卷"),
        ok: gone !== null,
        detail: gone ?? "no runtime ever listed it: it may be waiting for its volumes",
      },
      {
        id: "old-enough",
        title: t("Nothing has changed there for ten minutes", "十分钟内没有变化"),
        ok: old >= orphanPodVolumes.thresholds.oldMs,
        detail: folder ? `changed ${age(old)} ago` : "the folder is gone",
      },
      {
        id: "nothing-mounted",
        title: t("Nothing is mounted below it", "其下没有任何挂载"),
        ok: folder !== undefined && mounts === 0,
        detail: folder ? `${mounts} mounts` : "the folder is gone",
      },
      {
        id: "only-empty-folders",
        title: t("It holds nothing but empty directories", "其中只有空目录"),
        ok: folder !== undefined && folder.files === 0,
        detail: folder?.firstFile
          ? `${folder.files} file(s), first ${folder.firstFile}: somebody's data, look at it first`
          : `${folder?.directories ?? 0} directories, no file`,
      },
    ];
  },
  plan: (ctx) => {
    const folder = folderOf(ctx);
    if (!folder || provenGone(ctx.facts, folder) === null)
      return { nothing: t("The folder is gone.", "目录已不存在。") };
    return {
      evidence: { sections: ["mounts", "containers", "disk"] },
      steps: [
        {
          title: t(`Remove the empty folders of pod ${folder.podUid}`, `删除 Pod ${folder.podUid} 的空目录`),
          action: { type: "volume.clear", params: { podUid: folder.podUid } },
        },
      ],
      touches: t(
        "Removes empty directories of a pod that is gone; stops at the first file or mount.",
        "仅删除已不存在的 Pod 的空目录；遇到文件或挂载立即停止。",
      ),
    };
  },
});
