// Repair: take a device's reverse path filter off strict, to what its configuration wants.
import { rpFilterStrict } from "../../checks/network/rp-filter-strict.ts";
import { t } from "../../checks/text.ts";
import { defineRepair, type RepairContext } from "../define.ts";
import { factsFresh } from "../guards.ts";
import { setSetting, takeBack } from "./settings.ts";
import { guard, problemNow, stillRaised } from "./still.ts";

const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,14}$/;

/** What to write, null when nothing would help. The kernel takes the greater of "all" and the device's own: under a strict "all", loose is the way. */
function changeOf(ctx: RepairContext): { key: string; expected: string; value: string } | null {
  const row = ctx.facts.podNetwork?.data?.rpFilters.find((r) => r.device === ctx.finding.subject);
  if (!row || !NAME.test(row.device) || !problemNow(ctx, rpFilterStrict)) return null;
  const value = row.all === 1 ? 2 : row.wanted;
  return value === row.own
    ? null
    : { key: `net.ipv4.conf.${row.device}.rp_filter`, expected: String(row.own), value: String(value) };
}

export const relaxRpFilter = defineRepair({
  id: "relax-rp-filter",
  title: t("Relax the reverse path filter", "放宽反向路径过滤"),
  risk: "disruptive",
  verifies: ["rp-filter-strict"],
  settleMs: 2_000,
  verifyWithinMs: 90_000,
  guards: (ctx) => {
    const change = changeOf(ctx);
    return [
      factsFresh(ctx, ["podNetwork"]),
      stillRaised(ctx, rpFilterStrict),
      guard(
        "will-help",
        "The device's own setting can change it",
        "修改该设备的参数即可生效",
        change !== null,
        change ? `${change.key}: ${change.expected} → ${change.value}` : "nothing to write",
      ),
    ];
  },
  plan: (ctx) => {
    const change = changeOf(ctx);
    if (!change) return { nothing: t("The filter is not strict any more.", "该设备的过滤已不再严格。") };
    return {
      evidence: { sections: ["network"] },
      steps: [setSetting(change.key, change.expected, change.value)],
      touches: t(
        "Sets one kernel setting of one device until the next boot.",
        "仅修改一个设备的一个内核参数，重启后失效。",
      ),
    };
  },
  undo: takeBack,
});
