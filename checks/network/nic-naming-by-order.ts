// Check: cards get their names by order of appearance on a node where cards come and go: one day two cards want one name.
import { defineCheck } from "../define.ts";
import { t } from "../text.ts";

export const nicNamingByOrder = defineCheck({
  id: "nic-naming-by-order",
  title: t("Cards are named by order", "网卡按出现顺序命名"),
  area: "network",
  severity: "info",
  needs: ["cards"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 180_000,
  thresholds: {},
  suggestion: t(
    "Install a rule that names by MAC or slot, in waves and with a console at hand: a wrong rule loses the uplink at the next boot.",
    "改用按 MAC 或插槽命名的规则；请分批灰度并确保有带外控制台：规则写错会在下次启动时丢失上联网卡。",
  ),
  repairs: [],
  evaluate: ({ facts: { cards } }) => {
    if (cards.naming !== "order" || !cards.isHotPlugged) return [];
    return [
      {
        subject: "udev",
        reason: "NamesByOrder",
        message: t(
          `Cards come and go on this node, and ${cards.namingSource ?? "the distribution's default"} names them by order.`,
          `本节点会热插拔网卡，而命名规则（${cards.namingSource ?? "发行版默认"}）按出现顺序分配名称。`,
        ),
        evidence: [
          {
            label: t("Cards", "网卡"),
            source: "cards",
            kind: "table",
            columns: ["name", "MAC", "where"],
            rows: cards.cards.slice(0, 20).map((c) => [c.name, c.mac, c.place]),
          },
        ],
        params: { source: cards.namingSource },
        causeKey: `config:${cards.namingSource ?? "udev"}`,
      },
    ];
  },
});
