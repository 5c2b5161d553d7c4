// Check: an InfiniBand port that was up since boot is down.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const infinibandPortDown = defineCheck({
  id: "infiniband-port-down",
  title: t("InfiniBand port down", "InfiniBand 端口断开"),
  area: "network",
  severity: "warning",
  needs: ["hardware"],
  raiseAfterMs: 10_000,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: { downed: 1 },
  suggestion: t(
    "Look at cable and switch port; a port that goes up and down again and again wants a new cable.",
    "检查线缆和交换机端口；反复断连的端口需要更换线缆。",
  ),
  repairs: [],
  aliases: ["IBPortDown", "IBLinkFlapping"],
  evaluate: ({ facts: { hardware }, thresholds }) =>
    hardware.infiniband
      // A port without a cable has never lost its link.
      .filter(
        (port) =>
          port.linkLayer === "InfiniBand" && port.state !== "ACTIVE" && (port.linkDowned ?? 0) >= thresholds.downed,
      )
      .map((port) => ({
        subject: `${port.device}/${port.port}`,
        reason: "PortDown",
        message: t(
          `Port ${port.port} of ${port.device} is ${port.state} (${port.physicalState}); its link was lost ${port.linkDowned ?? 0} time(s).`,
          `${port.device} 的端口 ${port.port} 状态为 ${port.state}（${port.physicalState}）；链路已断开 ${port.linkDowned ?? 0} 次。`,
        ),
        evidence: [
          tableOf(
            t("Ports", "端口"),
            "hardware",
            ["device", "port", "state", "physical", "link lost"],
            [...hardware.infiniband.map((p) => [p.device, p.port, p.state, p.physicalState, p.linkDowned ?? "–"])],
          ),
        ],
        params: { device: port.device, port: port.port },
      })),
});
