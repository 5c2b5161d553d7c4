// Check: the kubelet's folder of a pod that no runtime lists is still there with nothing mounted: kubelet logs "orphaned pod" for ever.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, ageZh, shortId, t } from "../text.ts";

export const orphanPodVolumes = defineCheck({
  id: "orphan-pod-volumes",
  title: t("Folder of a pod that is gone", "已删除 Pod 的残留目录"),
  area: "kubelet",
  severity: "warning",
  needs: ["kubelet", "runtimes", "pods", "containers"],
  dependsOn: ["runtime-down", "runtime-hung"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: { oldMs: 600_000 },
  suggestion: t(
    "Remove it only when it holds nothing but empty directories; files in it may be somebody's data, look first.",
    "只有其中全是空目录时才可清理；若有文件，可能是业务数据，先查看再处理。",
  ),
  repairs: ["clear-orphan-volumes"],
  aliases: ["OrphanedPod", "OrphanedPodVolume"],
  evaluate: ({ facts: { kubelet, runtimes, pods, containers }, thresholds, now }) => {
    const silent = silentRuntime(runtimes);
    if (silent !== null) return { unknown: `${silent} does not answer, its list of pods cannot be trusted` };
    return (
      kubelet.unlisted
        .filter((folder) => now - folder.modifiedAt >= thresholds.oldMs && folder.mounts === 0)
        // A finished pod that is not deleted yet keeps its hosts file, and its volumes are gone.
        .filter((folder) => folder.files === 0 || folder.volumes > 0)
        .filter(({ podUid }) => !pods.some((p) => p.uid === podUid) && !containers.some((c) => c.podUid === podUid))
        .map((folder) => ({
          subject: folder.podUid,
          reason: folder.files === 0 ? "EmptyFolders" : "FilesLeft",
          message: t(
            `No runtime knows the pod ${shortId(folder.podUid)}, but its folder has been there for ${age(now - folder.modifiedAt)} with ${folder.directories} directories and ${folder.files} file(s).`,
            `没有运行时认识 Pod ${shortId(folder.podUid)}，但其目录已残留 ${ageZh(now - folder.modifiedAt)}，含 ${folder.directories} 个目录、${folder.files} 个文件。`,
          ),
          evidence: [
            tableOf(
              t("What is left", "残留内容"),
              "kubelet",
              ["pod uid", "age", "volumes", "directories", "files", "first file"],
              [
                [
                  folder.podUid,
                  age(now - folder.modifiedAt),
                  folder.volumes,
                  folder.directories,
                  folder.files,
                  folder.firstFile ?? "–",
                ],
              ],
            ),
          ],
          params: { podUid: folder.podUid },
        }))
    );
  },
});
