// What a person was shown before they agreed, and whether what the console then wants signed is that and nothing else. Pure.
import { PlanStatement } from "../protocol/statement.ts";
import { planHashOf, undoRepairId } from "../repairs/plan-hash.ts";
import type { WaitingRun } from "../server/approvals/schema.ts";
import type { RepairPreview } from "../server/repairs/schema.ts";
import { UserError } from "./errors.ts";

/** The hash is worked out here, from the plan that was shown; whatever hash the console names counts for nothing. */
export type Shown = Pick<PlanStatement, "nodeId" | "nodeName" | "repairId" | "risk" | "planHash">;

export const NOT_SHOWN = "the console wants another plan signed than it showed; nothing was signed";

/** @param undoOf run that it takes back, null for a repair */
export function shownPreview(preview: RepairPreview, undoOf: string | null): Shown {
  const { nodeId, nodeName, findingId, repairId, risk, plan } = preview;
  const planned = { nodeId, findingId, repairId: undoOf === null ? repairId : undoRepairId(undoOf), plan };
  return { nodeId, nodeName, repairId, risk, planHash: planHashOf(planned) };
}

export function shownRun({ nodeId, nodeName, findingId, repairId, undoOfId, risk, plan }: WaitingRun): Shown {
  const planned = { nodeId, findingId, repairId: undoOfId === null ? repairId : undoRepairId(undoOfId), plan };
  return { nodeId, nodeName, repairId, risk, planHash: planHashOf(planned) };
}

const fields = ["nodeId", "nodeName", "repairId", "risk", "planHash"] as const satisfies (keyof Shown)[];

/** Whether a waiting run, its own plan and the hash it names, is what was shown. */
export function isOfShown(run: WaitingRun, shown: Shown): boolean {
  const again = shownRun(run);
  return run.planHash === shown.planHash && fields.every((field) => again[field] === shown[field]);
}

/** What to sign for this run. @throws UserError unless it says exactly what was shown */
export function statementOf(run: WaitingRun, shown: Shown): PlanStatement {
  const { success, data } = PlanStatement.safeParse(run.approval.toSign?.statement);
  const isShown =
    success && data.runId === run.id && isOfShown(run, shown) && fields.every((field) => data[field] === shown[field]);
  if (!isShown) throw new UserError(NOT_SHOWN);
  return data;
}
