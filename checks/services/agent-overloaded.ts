// Check: the agent itself does not keep up: its looks come late, it lost frames, or it takes more of a CPU than it may.
import { defineCheck, type Problem } from "../define.ts";
import { numberOf, tableOf } from "../parts.ts";
import { percent, t } from "../text.ts";

/** A look that ran out of time; other failures mean that something is not there, which is its own check's business. */
const LATE = /no answer within|has not come back/;

export const agentOverloaded = defineCheck({
  id: "agent-overloaded",
  title: t("Agent does not keep up", "代理处理不及时"),
  area: "agent",
  severity: "warning",
  needs: ["agent"],
  dependsOn: ["filesystem-frozen", "nfs-not-answering", "runtime-hung"],
  raiseAfterMs: 30_000,
  clearAfterMs: 60_000,
  factTtlMs: 300_000,
  thresholds: { lateLooks: 3, cpuRatio: 0.05, youngMs: 600_000 },
  suggestion: t(
    "What this node says is late or missing: look at load and disk of the node first, then at the agent's log.",
    "该节点的数据可能延迟或缺失：先看节点负载和磁盘，再看代理日志。",
  ),
  repairs: [],
  evaluate: ({ facts: { agent }, thresholds, now }) => {
    const late = Object.entries(agent.failing).filter(([, why]) => LATE.test(why));
    const lived = now - agent.startedAt;
    const cpu = lived > thresholds.youngMs ? agent.cpuMs / lived : 0;
    const problems: Problem[] = [];
    if (late.length >= thresholds.lateLooks)
      problems.push({
        subject: "looks",
        reason: "LooksLate",
        message: t(
          `${late.length} of the agent's looks do not come back in time.`,
          `代理有 ${late.length} 项采集超时未返回。`,
        ),
        evidence: [tableOf(t("Looks", "采集项"), "agent", ["kind", "says"], late)],
        params: {},
      });
    if (agent.droppedFrames > 0)
      problems.push({
        subject: "frames",
        reason: "FramesDropped",
        severity: "info",
        message: t(
          `The agent had to drop ${agent.droppedFrames} frame(s) since it started: it was cut off for long.`,
          `代理启动以来丢弃了 ${agent.droppedFrames} 个数据帧：曾长时间断连。`,
        ),
        evidence: [numberOf(t("Dropped", "已丢弃"), "agent", agent.droppedFrames, "count")],
        params: {},
      });
    if (cpu >= thresholds.cpuRatio)
      problems.push({
        subject: "cpu",
        reason: "CpuHigh",
        severity: "info",
        message: t(
          `The agent has used ${percent(cpu)} of a CPU since it started.`,
          `代理启动以来平均占用 ${percent(cpu)} 的单核 CPU。`,
        ),
        evidence: [numberOf(t("Share of one CPU", "单核占比"), "agent", cpu, "ratio", thresholds.cpuRatio)],
        params: {},
      });
    return problems;
  },
});
