// Check: a call of an OCI runtime (runc, crun) that has been going on for many minutes: the start, stop or exec behind it hangs.
import { defineCheck } from "../define.ts";
import { tableOf } from "../parts.ts";
import { age, ageZh, shortId, t } from "../text.ts";

export const runcStuck = defineCheck({
  id: "runc-stuck",
  title: t("Call of the OCI runtime hangs", "OCI 运行时调用卡住"),
  area: "cgroup",
  severity: "warning",
  needs: ["sandboxes"],
  dependsOn: ["container-frozen", "tasks-stuck"],
  raiseAfterMs: 0,
  clearAfterMs: 20_000,
  factTtlMs: 90_000,
  thresholds: { stuckMs: 600_000 },
  suggestion: t(
    "Look at where it waits (state, wait channel, D-Bus to systemd). A busy or dead systemd bus is the usual cause: daemon-reexec in a quiet hour; never kill it in the middle of a create.",
    "查看它在等什么（状态、等待通道、到 systemd 的 D-Bus）。常见原因是 systemd 繁忙或其总线失效：在低峰期执行 daemon-reexec；切勿在创建过程中将其杀掉。",
  ),
  repairs: [],
  evaluate: ({ facts, thresholds, now }) => {
    const stuck = facts.sandboxes.runtimeCalls.filter((call) => now - call.startedAt >= thresholds.stuckMs);
    const [first] = stuck;
    if (!first) return [];
    const oldest = now - Math.min(...stuck.map((call) => call.startedAt));
    return [
      {
        subject: "oci-runtime",
        reason: stuck.some((call) => call.state === "D") ? "RuntimeCallInKernel" : "RuntimeCallHangs",
        message: t(
          `${stuck.length} call(s) of the OCI runtime have been going on for up to ${age(oldest)}, first ${first.name} ${first.verb} (pid ${first.process.pid}).`,
          `${stuck.length} 个 OCI 运行时调用已持续最长 ${ageZh(oldest)}，例如 ${first.name} ${first.verb}（pid ${first.process.pid}）。`,
        ),
        evidence: [
          tableOf(
            t("Calls that go on", "未结束的调用"),
            "sandboxes",
            ["pid", "call", "container", "state", "for"],
            stuck.map((call) => [
              call.process.pid,
              `${call.name} ${call.verb}`,
              call.containerId === null ? "–" : shortId(call.containerId),
              call.state,
              age(now - call.startedAt),
            ]),
          ),
        ],
        params: { processes: stuck.map((call) => call.process) },
      },
    ];
  },
});
