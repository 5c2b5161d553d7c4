// Check: a container bridge with pods on it is switched off; none of them reaches anything.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const bridgeDown = defineCheck({
  id: "bridge-down",
  title: t("Container bridge down", "容器网桥被关闭"),
  area: "network",
  severity: "critical",
  needs: ["podNetwork"],
  raiseAfterMs: 5_000,
  clearAfterMs: 5_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["BridgeDown", "CNIBridgeNotUp"],
  suggestion: t(
    "Set the bridge up again. If it goes down once more, look for a network manager that thinks the bridge is its own.",
    "重新启用网桥。若再次被关闭，请检查是否有网络管理程序把它当成了自己的设备。",
  ),
  repairs: ["set-link-up"],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.bridges
      .filter((bridge) => bridge.owner !== "other" && bridge.ports.length > 0 && !bridge.up)
      .map(({ name, index, ports, addresses }) => ({
        subject: name,
        reason: "AdministrativelyDown",
        message: t(
          `Bridge ${name} is down; ${ports.length} containers hang on it and reach nothing.`,
          `网桥 ${name} 处于关闭状态，其上 ${ports.length} 个容器的网络全部中断。`,
        ),
        evidence: [
          {
            label: t("The bridge", "网桥"),
            source: "podNetwork",
            kind: "table",
            columns: ["name", "index", "addresses", "ports"],
            rows: [[name, index, addresses.join(" "), ports.slice(0, 20).join(" ")]],
          },
        ],
        params: { name, index },
      })),
});
