// Check: the kubelet's folder of a pod that no runtime lists is still there with nothing mounted: kubelet logs "orphaned pod" for ever.
import type { FactData, Facts } from "../../protocol/facts.ts";
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { silentRuntime } from "../runtime-state.ts";
import { age, ageZh, shortId, t } from "../text.ts";

type Folder = FactData["kubelet"]["unlisted"][number];

/**
 * Why a pod whose folder is there is known to be gone, null where it may be waiting for its volumes: the kubelet mounts them before it makes the first
 * sandbox, for as long as a secret or a server is missing.
 */
export function provenGone(all: Facts, { podUid, wasListed }: Folder): string | null {
  if (wasListed === true) return "a runtime listed it earlier";
  const said = (all.logMatches?.data?.matches ?? []).some(
    ({ rule, lines }) => rule === "pod-volumes-orphaned" && lines.some((line) => line.includes(podUid)),
  );
  if (said) return "the kubelet calls it orphaned";
  const hasKubelet =
    all.kubelet?.data?.present !== false ||
    (all.modules?.data ?? []).some((m) => m.kind === "kubelet" && m.state !== "absent");
  return hasKubelet ? null : "there is no kubelet that could still start it";
}

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
  evaluate: ({ facts: { kubelet, runtimes, pods, containers }, all, thresholds, now }) => {
    const silent = silentRuntime(runtimes);
    if (silent !== null) return { unknown: `${silent} does not answer, its list of pods cannot be trusted` };
    return (
      kubelet.unlisted
        .filter((folder) => now - folder.modifiedAt >= thresholds.oldMs && folder.mounts === 0)
        .filter((folder) => provenGone(all, folder) !== null)
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
              ["pod uid", "age", "volumes", "directories", "files", "first file", "known to be gone, since"],
              [
                [
                  folder.podUid,
                  age(now - folder.modifiedAt),
                  folder.volumes,
                  folder.directories,
                  folder.files,
                  folder.firstFile ?? "–",
                  provenGone(all, folder) ?? "–",
                ],
              ],
            ),
          ],
          params: { podUid: folder.podUid },
        }))
    );
  },
});
