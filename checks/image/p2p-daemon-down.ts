// Check: the node's peer-to-peer daemon is away: its pulls fall back to the registry, and so do those of every node in that state.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const p2pDaemonDown = defineCheck({
  id: "p2p-daemon-down",
  title: t("Peer-to-peer image daemon down", "P2P 镜像分发进程不可用"),
  area: "image",
  severity: "warning",
  needs: ["distribution"],
  // A daemon that is restarted listens again within seconds.
  raiseAfterMs: 12_000,
  clearAfterMs: 10_000,
  factTtlMs: 120_000,
  thresholds: { failuresMin: 2 },
  suggestion: t(
    "Start the daemon. If it ends again: disk full below its cache, port taken, or its scheduler away. Where many nodes lose it at once, look at the seed.",
    "启动该进程。若反复退出：检查其缓存所在磁盘、端口占用与调度器。若多个节点同时失效，请先检查种子节点。",
  ),
  repairs: ["start-module"],
  evaluate: ({ facts: { distribution }, thresholds }) => {
    const p2p = distribution.p2p;
    if (p2p === null || !p2p.isWanted) return [];
    if (p2p.isRunning === null && (p2p.endpoint === null || p2p.endpoint.ok === null))
      return { unknown: "neither the daemon's process nor its port is known" };
    const isGone = p2p.isRunning === false;
    const isSilent =
      p2p.endpoint !== null && p2p.endpoint.ok === false && p2p.endpoint.failures >= thresholds.failuresMin;
    if (!isGone && !isSilent) return [];
    const name = p2p.module ?? "p2p";
    return [
      {
        subject: name,
        reason: isGone ? "ProcessGone" : "PortRefuses",
        message: isGone
          ? t(
              `${name} does not run: image pulls of this node go to the registry itself.`,
              `${name} 未运行：本节点的镜像拉取将直接回源到镜像仓库。`,
            )
          : t(
              `${name} does not listen at ${p2p.endpoint?.address}: image pulls go to the registry itself.`,
              `${name} 未在 ${p2p.endpoint?.address} 监听：镜像拉取将直接回源。`,
            ),
        evidence: [
          {
            label: t("Daemon", "进程"),
            source: "distribution",
            kind: "table",
            columns: ["module", "runs", "address", "error"],
            rows: [
              [
                name,
                p2p.isRunning === null ? "not known" : p2p.isRunning ? "yes" : "no",
                p2p.endpoint?.address ?? "–",
                p2p.endpoint?.error ?? "–",
              ],
            ],
          },
        ],
        params: { module: p2p.module },
      },
    ];
  },
});
