// Check: a bond runs on fewer legs than it has; the next failure takes the node off the network.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const bondDegraded = defineCheck({
  id: "bond-degraded",
  title: t("Bond degraded", "网卡绑定降级"),
  area: "network",
  severity: "warning",
  needs: ["podNetwork"],
  raiseAfterMs: 20_000,
  clearAfterMs: 20_000,
  factTtlMs: 120_000,
  thresholds: {},
  aliases: ["NodeBondingDegraded"],
  suggestion: t(
    "Mend the leg that is down: cable, port, LACP on the switch. The node works on; no drain is needed while one leg is up.",
    "修复断开的成员口：线缆、端口或交换机 LACP 配置。仍有成员在线时节点可继续工作，无需排空。",
  ),
  repairs: [],
  evaluate: ({ facts: { podNetwork } }) =>
    podNetwork.bonds
      .filter(({ slaves }) => slaves.some((slave) => !slave.up))
      .map(({ name, mode, active, slaves }) => {
        const down = slaves.filter((slave) => !slave.up).map((slave) => slave.name);
        const isDead = down.length === slaves.length;
        return {
          subject: name,
          reason: isDead ? "AllLegsDown" : "LegDown",
          severity: isDead ? ("critical" as const) : ("warning" as const),
          message: t(
            `${name}: ${down.join(", ")} is down, ${slaves.length - down.length} of ${slaves.length} legs are left.`,
            `${name}：${down.join("、")} 已断开，${slaves.length} 个成员口仅剩 ${slaves.length - down.length} 个。`,
          ),
          evidence: [
            {
              label: t(`Legs (${mode}, active: ${active ?? "–"})`, `成员口（${mode}，当前：${active ?? "–"}）`),
              source: "podNetwork" as const,
              kind: "table" as const,
              columns: ["leg", "up"],
              rows: slaves.map((slave) => [slave.name, slave.up ? "yes" : "no"]),
            },
          ],
          params: { name, down },
        };
      }),
});
