// Check: the container runtime's process is gone or nothing listens on its socket.
import { defineCheck, type Evidence } from "./define.ts";
import { isToldByOther, judgeRuntime, moduleOf } from "./runtime-state.ts";
import { age, ageZh, t } from "./text.ts";

export const runtimeDown = defineCheck({
  id: "runtime-down",
  title: t("Container runtime down", "容器运行时已停止"),
  area: "runtime",
  severity: "critical",
  needs: ["runtimes", "modules"],
  // Two failed probes already span 5 s; more debounce would cost the 15 s that a stopped runtime may stay unseen.
  raiseAfterMs: 0,
  clearAfterMs: 5_000,
  factTtlMs: 60_000,
  thresholds: { probeFailures: 2 },
  suggestion: t(
    "Start the runtime. Running containers live on under their shims and are picked up again; look in its log for why it ended.",
    "启动运行时。正在运行的容器由各自的 shim 托管，不受影响，启动后会被重新接管；随后查看其日志，弄清退出原因。",
  ),
  repairs: ["start-runtime"],
  evaluate: ({ facts, all, thresholds, now }) =>
    facts.runtimes.flatMap((runtime) => {
      const verdict = judgeRuntime(runtime, all);
      if (
        verdict.state !== "down" ||
        isToldByOther(runtime, facts.runtimes) ||
        runtime.probe.failures < thresholds.probeFailures
      )
        return [];
      const module = moduleOf(runtime, all);
      const since = runtime.probe.failingSince ?? now;
      const evidence: Evidence[] = [
        {
          label: t("Probe of the runtime's socket", "运行时套接字探测"),
          source: "runtimes",
          kind: "log",
          lines: [`${runtime.endpoint}`, `${runtime.probe.code ?? "error"}: ${runtime.probe.error ?? "no answer"}`],
        },
        {
          label: t("Failed probes in a row", "连续探测失败次数"),
          source: "runtimes",
          kind: "number",
          value: runtime.probe.failures,
          unit: "count",
          threshold: thresholds.probeFailures,
        },
      ];
      if (module) {
        evidence.push({
          label: t("Module", "模块"),
          source: "modules",
          kind: "table",
          columns: ["module", "state", "pid", "restarts", "manager", "message"],
          rows: [
            [
              module.name,
              module.state,
              module.process?.pid ?? "–",
              module.restarts,
              module.manager,
              module.message ?? "",
            ],
          ],
        });
      }
      const why =
        verdict.reason === "ProcessGone"
          ? t("its process is gone", "进程已不存在")
          : t("nothing listens on its socket", "套接字上没有进程在监听");
      return [
        {
          subject: runtime.id,
          reason: verdict.reason,
          message: t(
            `${runtime.name} has not answered for ${age(now - since)}: ${why.en}.`,
            `${runtime.name} 已 ${ageZh(now - since)}无应答：${why.zh}。`,
          ),
          evidence,
          params: { runtime: runtime.id, module: runtime.module },
        },
      ];
    }),
});
