// Check: systemd carries thousands of units, mostly leaked scopes and mounts; it gets slow before anything else shows.
import { defineCheck } from "../define.ts";
import { isOver, numberOf } from "../parts.ts";
import { t } from "../text.ts";

export const systemdUnitsMany = defineCheck({
  id: "systemd-units-many",
  title: t("Very many systemd units", "systemd unit 过多"),
  area: "systemd",
  severity: "info",
  needs: ["systemd"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: { raiseCount: 3_000, clearCount: 2_000 },
  suggestion: t(
    "See which kind grows (systemctl list-units --all) and remove what leaks it; daemon-reexec in a quiet moment gives the memory back.",
    "查看哪类 unit 在增长（systemctl list-units --all）并消除泄漏来源；空闲时执行 daemon-reexec 可释放内存。",
  ),
  repairs: [],
  aliases: ["TooManySystemdUnits"],
  evaluate: ({ facts: { systemd }, thresholds, open }) => {
    if (!systemd.present || systemd.units === null) return [];
    if (!isOver(systemd.units, open.has("systemd"), thresholds.raiseCount, thresholds.clearCount)) return [];
    return [
      {
        subject: "systemd",
        reason: "ManyUnits",
        message: t(`systemd carries about ${systemd.units} units.`, `systemd 管理着约 ${systemd.units} 个 unit。`),
        evidence: [numberOf(t("Units", "unit 数量"), "systemd", systemd.units, "count", thresholds.raiseCount)],
        params: {},
      },
    ];
  },
});
