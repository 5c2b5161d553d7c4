// Check: containerd runs beside a kubelet with its CRI plugin switched off: the kubelet finds no runtime.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";
import { hasKubelet } from "./evidence.ts";

export const runtimeCriOff = defineCheck({
  id: "runtime-cri-off",
  title: t("CRI switched off in the runtime", "运行时未启用 CRI"),
  area: "runtime",
  severity: "critical",
  needs: ["sandboxes", "runtimes", "modules"],
  raiseAfterMs: 20_000,
  clearAfterMs: 10_000,
  factTtlMs: 90_000,
  thresholds: {},
  suggestion: t(
    'Take "cri" out of disabled_plugins and restart containerd, one node first. Packages of Docker ship it switched off.',
    "从 disabled_plugins 中去掉 “cri” 并重启 containerd，先在一个节点上验证。Docker 的软件包默认将其关闭。",
  ),
  repairs: [],
  evaluate: ({ facts, all }) => {
    // A kubelet beside Docker speaks to cri-dockerd, and containerd is Docker's own.
    if (!hasKubelet(all) || facts.runtimes.some((r) => r.kind === "cri")) return [];
    return facts.sandboxes.daemons
      .filter((d) => d.isCriDisabled === true)
      .map((d) => ({
        subject: d.module,
        reason: "CriDisabled",
        message: t(
          `A kubelet runs here, but ${d.module} has its CRI plugin switched off.`,
          `本节点运行着 kubelet，但 ${d.module} 关闭了 CRI 插件。`,
        ),
        evidence: [
          tableOf(
            t("Configuration", "配置"),
            "sandboxes",
            ["daemon", "file", "disabled_plugins"],
            [[d.module, d.config ?? "–", "cri"]],
          ),
        ],
        params: { module: d.module, config: d.config },
        causeKey: `config:${d.config ?? d.module}`,
      }));
  },
});
