// Check: systemd does not answer: no unit can be started, stopped or asked for.
import { defineCheck } from "../define.ts";
import { textOf } from "../parts.ts";
import { age, ageZh, t } from "../text.ts";

export const systemdOffline = defineCheck({
  id: "systemd-offline",
  title: t("systemd does not answer", "systemd 无应答"),
  area: "systemd",
  severity: "critical",
  needs: ["systemd"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t(
    "Try systemctl daemon-reexec in a quiet moment; when the first process itself hangs, drain the node and reboot it.",
    "在空闲时尝试 systemctl daemon-reexec；若一号进程本身挂起，排空节点后重启。",
  ),
  repairs: [],
  aliases: ["SystemdOffline"],
  evaluate: ({ facts: { systemd }, now }) => {
    if (!systemd.present || systemd.error === null) return [];
    const silent = now - (systemd.silentSince ?? now);
    return [
      {
        subject: "systemd",
        reason: "NoAnswer",
        message: t(
          `systemd has not answered for ${age(silent)}: ${systemd.error}.`,
          `systemd 已 ${ageZh(silent)}无应答：${systemd.error}。`,
        ),
        evidence: [textOf(t("Said", "返回"), "systemd", systemd.error)],
        params: {},
      },
    ];
  },
});
