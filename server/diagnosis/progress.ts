// What we are doing about a case: the run that was asked for, told as the way to "fixed".
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { RepairState } from "../repairs/schema.ts";
import { repairTitle } from "../repairs/title.ts";
import type { CaseProgress, CaseStage } from "./schema.ts";

export const runColumns = {
  id: true,
  repairId: true,
  undoOfId: true,
  state: true,
  outcome: true,
  createdAt: true,
  startedAt: true,
  verifyingAt: true,
  endedAt: true,
  statement: true,
} as const satisfies Prisma.RepairSelect;
type Run = Prisma.RepairGetPayload<{ select: typeof runColumns }>;

const t = (en: string, zh: string): Text => ({ en, zh });

const STAGES: Record<RepairState, CaseStage> = {
  awaiting: "awaiting",
  queued: "approved",
  capturing: "running",
  running: "running",
  verifying: "verifying",
  succeeded: "fixed",
  failed: "failed",
  cancelled: "cancelled",
};

const WORDS: Record<CaseStage, Text> = {
  awaiting: t("Asked for; it waits for somebody to say yes.", "已提交申请，等待批准。"),
  approved: t("Approved; it starts in a moment.", "已批准，即将开始。"),
  running: t("We are repairing it.", "正在修复。"),
  verifying: t("Done; we are checking that it helped.", "修复动作已完成，正在确认是否生效。"),
  fixed: t("Fixed: the checks are green again.", "已修复：相关检查已恢复正常。"),
  failed: t("The repair did not help; somebody has to look at it.", "修复未能解决问题，需要人工处理。"),
  cancelled: t("The repair was not carried out.", "修复未执行。"),
};

export const stageOf = (state: string): CaseStage => STAGES[RepairState.parse(state)];

/** Pure. */
export function progressOf(run: Run): CaseProgress {
  const state = RepairState.parse(run.state);
  const stage = STAGES[state];
  const end: CaseStage = stage === "failed" || stage === "cancelled" ? stage : "fixed";
  // What needed nobody's word never waited.
  const way: [CaseStage, Date | null][] = [
    ...(run.statement === null ? [] : [["awaiting", run.createdAt] as [CaseStage, Date]]),
    ["approved", run.statement === null ? run.createdAt : run.startedAt],
    ["running", run.startedAt],
    ["verifying", run.verifyingAt],
    [end, run.endedAt],
  ];
  return {
    runId: run.id,
    title: repairTitle(run.repairId, run.undoOfId !== null),
    state,
    stage,
    text: WORDS[stage],
    steps: way.map(([one, at]) => ({ stage: one, at, isNow: one === stage })),
    outcome: run.outcome as Text | null, // written by the engine of repairs
  };
}
