// "Request repair" from an answer: the same start as everywhere, which a user's rights lead into the approval queue, with the case as its evidence.
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { refuseWhileFrozen } from "../freeze/frozen.ts";
import { planRepair } from "../repairs/plan.ts";
import { lockNode, startRun } from "../repairs/start.ts";
import { changed, toAnswer, visibleCase } from "./cases.ts";
import { RequestRepair } from "./schema.ts";

export const requestRepair = mutation({
  name: "diagnosis.requestRepair",
  access: "repairs:request",
  on: "node",
  input: RequestRepair,
  async run({ tx, actor, now, scope }, { caseId, findingId, repairId, planHash }) {
    const row = await visibleCase(tx, actor, scope, caseId);
    const { nodeId } = await scope.finding(tx, findingId);
    if (row.nodeId !== nodeId || !toAnswer(row.answer).findingIds.includes(findingId))
      throw new AppError("invalid", `finding ${findingId} is none of case ${caseId}`, {
        publicMessage: "This repair is not one that the answer suggests.",
      });
    await refuseWhileFrozen(tx);
    await lockNode(tx, nodeId);
    const preview = await planRepair(tx, { findingId, repairId, isOverridden: false }, now());
    const started = await startRun({ tx, actor, now }, preview, planHash);
    await tx.diagnosisCase.update({
      where: { id: caseId },
      data: { repairRunId: started.result.id },
      select: { id: true },
    });
    return {
      ...started,
      audit: { ...started.audit, after: { ...started.audit.after, caseId } },
      changes: [...started.changes, changed(caseId)],
    };
  },
});
