// Check: a unit failed. Mounts, swap and sockets matter to containers; a failed service may be an old job, so it is only told.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { t } from "../text.ts";

const MATTERS = /\.(mount|automount|swap|socket)$/;
/** Units whose programs are modules under another name. */
const MODULE_OF: Record<string, string> = { docker: "dockerd", pouch: "pouchd", chrony: "chronyd", ntp: "ntpd" };

export const systemdUnitFailed = defineCheck({
  id: "systemd-unit-failed",
  title: t("Unit failed", "systemd unit 失败"),
  area: "systemd",
  severity: "info",
  needs: ["systemd"],
  dependsOn: ["systemd-offline"],
  raiseAfterMs: 30_000,
  clearAfterMs: 30_000,
  factTtlMs: 300_000,
  thresholds: {},
  suggestion: t(
    "systemctl status UNIT shows why. When the cause is gone: reset-failed, then start it; a unit that nobody needs is better disabled.",
    "用 systemctl status UNIT 查看原因。原因消除后执行 reset-failed 再启动；无人需要的 unit 应禁用。",
  ),
  repairs: [],
  aliases: ["systemd_unit_failed", "NodeSystemdServiceFailed", "HostSystemdServiceCrashed"],
  evaluate: ({ facts: { systemd }, all }) => {
    if (systemd.failed === null) return { unknown: "systemd did not list its units" };
    const modules = new Set((all.modules?.data ?? []).map((module) => module.name));
    const isModule = (unit: string): boolean => {
      const name = unit.replace(/\.service$/, "");
      return modules.has(name) || modules.has(MODULE_OF[name] ?? "");
    };
    // Sessions of users fail when they are closed, and take nothing along.
    return systemd.failed
      .filter(({ unit }) => !isModule(unit) && !/^(user@|session-|run-)/.test(unit))
      .map(({ unit, result, description }) => ({
        subject: unit,
        reason: MATTERS.test(unit) ? "UnitFailed" : "ServiceFailed",
        severity: MATTERS.test(unit) ? ("warning" as const) : ("info" as const),
        message: t(`${unit} has failed (${result || "no result"}).`, `${unit} 失败（${result || "无结果"}）。`),
        evidence: [
          tableOf(t("Unit", "unit 详情"), "systemd", ["unit", "result", "description"], [[unit, result, description]]),
        ],
        params: { unit },
      }));
  },
});
