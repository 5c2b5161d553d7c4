// Check: a service is started again and again: it crashes, and systemd hides it.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

export const systemdUnitRestarting = defineCheck({
  id: "systemd-unit-restarting",
  title: t("Service restarts again and again", "服务反复重启"),
  area: "systemd",
  severity: "warning",
  needs: ["systemd"],
  dependsOn: ["systemd-offline"],
  raiseAfterMs: 0,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: { raiseCount: 3, clearCount: 1 },
  suggestion: t(
    "Read its last exit (journalctl -u UNIT) and what changed on this node shortly before; stop it when its restarts harm others.",
    "查看最近一次退出原因（journalctl -u UNIT）以及此前的变更；若反复重启影响其他服务，先停止它。",
  ),
  repairs: [],
  aliases: ["FrequentKubeletRestart", "FrequentContainerdRestart", "FrequentDockerRestart", "RepeatedRestart"],
  evaluate: ({ facts: { systemd }, thresholds, open }) => {
    if (systemd.restarts === null) return { unknown: "systemd did not list its units" };
    return systemd.restarts
      .filter((row) => row.recent >= (open.has(row.unit) ? thresholds.clearCount : thresholds.raiseCount))
      .map((row) => ({
        subject: row.unit,
        reason: "RestartLoop",
        message: t(
          `${row.unit} was restarted ${row.recent} times within ${Math.max(1, Math.round(row.overMs / 60_000))} min.`,
          `${row.unit} 在 ${Math.max(1, Math.round(row.overMs / 60_000))} 分钟内重启了 ${row.recent} 次。`,
        ),
        evidence: [
          tableOf(
            t("Restarts", "重启次数"),
            "systemd",
            ["unit", "recent", "in all"],
            [[row.unit, row.recent, row.total]],
          ),
        ],
        params: { unit: row.unit },
      }));
  },
});
