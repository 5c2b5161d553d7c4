// Check: the runtime's process is there but silent, stopped or of no use. Never together with runtime-down for the same runtime.
import { defineCheck, type Evidence } from "./define.ts";
import { isToldByOther, judgeRuntime, moduleOf, type RuntimeVerdict } from "./runtime-state.ts";
import { age, ageZh, t } from "./text.ts";

type HungReason = Extract<RuntimeVerdict, { state: "hung" }>["reason"];

const WHY: Record<HungReason, { en: string; zh: string }> = {
  ProcessStopped: t("its process is stopped (state T)", "进程处于停止状态（T）"),
  NotListening: t("its process lives but nothing listens on the socket", "进程存活，但套接字无人监听"),
  ProbeTimeout: t("its process lives but requests run into their deadline", "进程存活，但请求超时无响应"),
  ProbeError: t("its process lives but answers with an error", "进程存活，但应答为错误"),
};

export const runtimeHung = defineCheck({
  id: "runtime-hung",
  title: t("Container runtime hung", "容器运行时卡死"),
  area: "runtime",
  severity: "critical",
  needs: ["runtimes", "modules"],
  // The count of failed probes is the debounce.
  // A runtime that waits for its disk is cured by the disk.
  dependsOn: ["filesystem-frozen"],
  raiseAfterMs: 0,
  clearAfterMs: 10_000,
  factTtlMs: 60_000,
  thresholds: { probeFailures: 3, probeFailuresWhenStopped: 2, silentMs: 15_000, startGraceMs: 30_000 },
  suggestion: t(
    "Capture a goroutine dump first: after the restart nothing tells why it hung. Then kill exactly this process and start it anew.",
    "先采集 goroutine 转储：重启之后就再也查不到卡死的原因。然后只结束这一个进程并重新启动。",
  ),
  repairs: ["resume-runtime", "restart-hung-runtime"],
  evaluate: ({ facts, all, thresholds, now }) =>
    facts.runtimes.flatMap((runtime) => {
      const verdict = judgeRuntime(runtime, all);
      if (verdict.state !== "hung" || isToldByOther(runtime, facts.runtimes)) return [];
      const module = moduleOf(runtime, all);
      const stopped = verdict.reason === "ProcessStopped";
      const failures = stopped ? thresholds.probeFailuresWhenStopped : thresholds.probeFailures;
      const since = runtime.probe.failingSince ?? now;
      if (runtime.probe.failures < failures) return [];
      if (!stopped && now - since < thresholds.silentMs) return [];
      const starting = module?.startedAt != null && now - module.startedAt < thresholds.startGraceMs;
      if (starting && !stopped) return [];
      const evidence: Evidence[] = [
        {
          label: t("Probe of the runtime's socket", "运行时套接字探测"),
          source: "runtimes",
          kind: "log",
          lines: [runtime.endpoint, `${runtime.probe.code ?? "error"}: ${runtime.probe.error ?? "no answer"}`],
        },
        {
          label: t("Silent for", "无应答时长"),
          source: "runtimes",
          kind: "number",
          value: now - since,
          unit: "ms",
          threshold: thresholds.silentMs,
        },
        {
          label: t("Failed probes in a row", "连续探测失败次数"),
          source: "runtimes",
          kind: "number",
          value: runtime.probe.failures,
          unit: "count",
          threshold: failures,
        },
      ];
      if (module) {
        evidence.push({
          label: t("Process", "进程"),
          source: "modules",
          kind: "table",
          columns: ["module", "state", "pid", "process state", "open files", "message"],
          rows: [
            [
              module.name,
              module.state,
              module.process?.pid ?? "–",
              module.processState ?? "–",
              module.openFiles === null ? "–" : `${module.openFiles} / ${module.openFilesMax ?? "?"}`,
              module.message ?? "",
            ],
          ],
        });
      }
      const why = WHY[verdict.reason];
      return [
        {
          subject: runtime.id,
          reason: verdict.reason,
          message: t(
            `${runtime.name} has been silent for ${age(now - since)}: ${why.en}.`,
            `${runtime.name} 已 ${ageZh(now - since)}无应答：${why.zh}。`,
          ),
          evidence,
          params: { runtime: runtime.id, module: runtime.module, process: module?.process ?? null },
        },
      ];
    }),
});
