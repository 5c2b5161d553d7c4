// Check: containers take longer to start than the objective; says which stage takes the time.
import { defineCheck } from "../define.ts";
import { seconds, t } from "../text.ts";

const stages = {
  sandboxMs: t("sandbox and network", "沙箱与网络"),
  pullMs: t("image pull", "镜像拉取"),
  startMs: t("snapshot and start", "快照与启动"),
} as const;
type Stage = keyof typeof stages;

export const startObjectiveMissed = defineCheck({
  id: "start-objective-missed",
  title: t("Starts miss their objective", "启动耗时超出目标"),
  area: "image",
  severity: "warning",
  needs: ["startup"],
  raiseAfterMs: 20_000,
  clearAfterMs: 60_000,
  factTtlMs: 120_000,
  thresholds: { startsMin: 3, missedRatio: 0.5 },
  suggestion: t(
    "Take the slowest stage first: pull → on-demand images or pre-warming; network → the CNI's log; start → disk and snapshotter. Compare three slow nodes with three fast ones.",
    "先处理最慢的阶段：拉取→按需加载或预热；网络→查看 CNI 日志；启动→检查磁盘与快照。用三台慢节点与三台快节点对比。",
  ),
  repairs: [],
  evaluate: ({ facts: { startup }, thresholds }) => {
    const objective = startup.objectiveMs;
    if (objective === null) return [];
    const late = startup.starts.filter((start) => start.totalMs > objective);
    if (late.length < thresholds.startsMin || late.length < startup.starts.length * thresholds.missedRatio) return [];
    const sums = (Object.keys(stages) as Stage[]).map((stage) => ({
      stage,
      ms: late.reduce((sum, s) => sum + (s[stage] ?? 0), 0),
    }));
    const worst = sums.reduce((a, b) => (b.ms > a.ms ? b : a));
    const known = worst.ms > 0;
    return [
      {
        subject: "starts",
        reason: known ? "SlowStage" : "SlowStart",
        message: t(
          `${late.length} of ${startup.starts.length} starts took longer than ${seconds(objective)} s${known ? `; most of it: ${stages[worst.stage].en}` : ""}.`,
          `${startup.starts.length} 次启动中有 ${late.length} 次超过 ${seconds(objective)} 秒${known ? `，主要耗时在${stages[worst.stage].zh}` : ""}。`,
        ),
        evidence: [
          {
            label: t("Starts by stage, ms", "各阶段耗时（毫秒）"),
            source: "startup",
            kind: "table",
            columns: ["name", "total", "sandbox", "pull", "start"],
            rows: late
              .slice(0, 20)
              .map((s) => [s.name, s.totalMs, s.sandboxMs ?? "–", s.pullMs ?? "–", s.startMs ?? "–"]),
          },
        ],
        params: { stage: known ? worst.stage : null },
      },
    ];
  },
});
