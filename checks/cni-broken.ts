// Check: container network configuration that cannot be used: broken or vanished files, missing plugin binaries, or a runtime that says its network is not ready.
import type { FactData } from "../protocol/facts.ts";
import { defineCheck, type Evidence, type Problem } from "./define.ts";
import { t } from "./text.ts";

type CniFile = FactData["cni"]["files"][number];
const isUsable = (file: CniFile): boolean => file.valid && file.missingPlugins.length === 0;

/** Runtimes take the first file by name: those after the first usable one are not looked at by anybody. */
function inUse(files: readonly CniFile[]): CniFile[] {
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  const first = sorted.findIndex(isUsable);
  return first < 0 ? sorted : sorted.slice(0, first);
}

export const cniBroken = defineCheck({
  id: "cni-broken",
  title: t("Container network configuration broken", "容器网络（CNI）配置损坏"),
  area: "network",
  severity: "critical",
  needs: ["cni", "runtimes"],
  dependsOn: ["runtime-down", "runtime-hung"],
  // A file that is being written is invalid for an instant.
  raiseAfterMs: 10_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  suggestion: t(
    "Put the last good copy back. Running pods keep their network; no new pod starts until it is repaired.",
    "恢复最近一次可用的配置。运行中的 Pod 网络不受影响，但修复之前无法启动新的 Pod。",
  ),
  repairs: ["restore-cni-config"],
  evaluate: ({ facts: { cni, runtimes }, all }) => {
    // Docker brings its own network; files of an unused CNI package are nobody's trouble.
    if (!runtimes.some((runtime) => runtime.kind === "cri")) return [];
    // A containerd that is there for Docker alone: nobody runs pods with it, nobody ever gave it a network.
    const hasKubelet = all.modules?.data?.some((m) => m.kind === "kubelet" && m.state !== "absent") ?? false;
    const hasCni = cni.files.length > 0 || cni.missingFiles.length > 0;
    const isForDocker = !hasKubelet && !hasCni && runtimes.some((r) => r.kind === "docker");
    const isIdle = (runtime: (typeof runtimes)[number]) => isForDocker && runtime.podCount === 0;
    const notReady = runtimes.flatMap((runtime) =>
      runtime.probe.ok && !isIdle(runtime)
        ? runtime.conditions
            .filter((c) => c.type === "NetworkReady" && !c.status)
            .map((condition) => ({ runtime, condition }))
        : [],
    );
    const said: Evidence[] = notReady.map(({ runtime, condition }) => ({
      label: t(`What ${runtime.name} says`, `${runtime.name} 的说明`),
      source: "runtimes",
      kind: "log",
      lines: [`NetworkReady=false ${condition.reason}: ${condition.message}`],
    }));
    const problems: Problem[] = [];
    for (const file of inUse(cni.files)) {
      if (!file.valid) {
        problems.push({
          subject: file.name,
          reason: "ConfigInvalid",
          message: t(
            `${cni.confDir}/${file.name} cannot be read as a network configuration: ${file.error ?? "no reason given"}.`,
            `${cni.confDir}/${file.name} 不是有效的网络配置：${file.error ?? "未说明原因"}。`,
          ),
          evidence: [
            {
              label: t("The file", "配置文件"),
              source: "cni",
              kind: "table",
              columns: ["file", "size", "sha-256", "last good sha-256"],
              rows: [
                [
                  file.name,
                  file.sizeBytes,
                  file.sha256.slice(0, 12),
                  file.lastGood?.sha256.slice(0, 12) ?? "none kept",
                ],
              ],
            },
            { label: t("Error", "错误"), source: "cni", kind: "log", lines: [file.error ?? "no reason given"] },
            ...said,
          ],
          params: { file: file.name, sha256: file.sha256, goodSha256: file.lastGood?.sha256 ?? null },
          // The same broken content on many nodes came from one place.
          causeKey: `cni:${file.name}:${file.sha256}`,
        });
      } else if (file.missingPlugins.length > 0) {
        problems.push({
          subject: file.name,
          reason: "PluginMissing",
          message: t(
            `${file.name} needs ${file.missingPlugins.join(", ")}, not found in ${cni.binDirs.join(", ")}. The runtime still says ready; new pods fail.`,
            `${file.name} 需要插件 ${file.missingPlugins.join("、")}，但在 ${cni.binDirs.join("、")} 中找不到。运行时仍显示就绪，但新 Pod 会创建失败。`,
          ),
          evidence: [
            {
              label: t("Plugins", "插件"),
              source: "cni",
              kind: "table",
              columns: ["plugin", "found"],
              rows: file.plugins.map((plugin) => [plugin, file.missingPlugins.includes(plugin) ? "no" : "yes"]),
            },
            ...said,
          ],
          params: { file: file.name, sha256: file.sha256, goodSha256: file.lastGood?.sha256 ?? null },
          causeKey: `cni:missing:${[...file.missingPlugins].sort().join(",")}`,
        });
      }
    }
    for (const gone of cni.missingFiles) {
      // A file that was replaced by another one while the network stays ready was a change, not a loss.
      if (notReady.length === 0 && cni.files.some(isUsable)) continue;
      problems.push({
        subject: gone.name,
        reason: "ConfigGone",
        message: t(
          `${cni.confDir}/${gone.name} was there and good, and is gone.`,
          `${cni.confDir}/${gone.name} 曾经存在且可用，现已消失。`,
        ),
        evidence: [
          {
            label: t("Last good copy kept by the agent", "代理保存的最近可用副本"),
            source: "cni",
            kind: "table",
            columns: ["file", "sha-256", "seen"],
            rows: [[gone.name, gone.sha256.slice(0, 12), new Date(gone.at).toISOString()]],
          },
          ...said,
        ],
        params: { file: gone.name, sha256: null, goodSha256: gone.sha256 },
        causeKey: `cni:gone:${gone.name}`,
      });
    }
    if (problems.length > 0) return problems;
    return notReady.map(({ runtime, condition }) => ({
      subject: runtime.id,
      reason: "NetworkNotReady",
      message: t(
        `${runtime.name} says that its network is not ready: ${condition.message || condition.reason}.`,
        `${runtime.name} 报告网络未就绪：${condition.message || condition.reason}。`,
      ),
      evidence: said,
      params: { runtime: runtime.id },
    }));
  },
});
