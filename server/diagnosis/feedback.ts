// Whether an answer helped. It counts for the cause that was named first, and leads what did not help to the reviewers.
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { caseColumns, changed, visibleCase } from "./cases.ts";
import { caseDetail } from "./detail.ts";
import { causeBook } from "./engine.ts";
import { redactText } from "./redact.ts";
import { GiveFeedback } from "./schema.ts";

/** The last word counts. A closed case takes none any more: a reviewer has settled it. */
export const giveFeedback = mutation({
  name: "diagnosis.feedback",
  access: "diagnosis:ask",
  on: "node",
  input: GiveFeedback,
  async run({ tx, actor, now, scope }, { caseId, feedback, note, rightCause }) {
    const before = await visibleCase(tx, actor, scope, caseId);
    if (before.state === "closed")
      throw new AppError("conflict", `case ${caseId} is closed`, {
        publicMessage: "A reviewer has closed this case already.",
        entity: ["diagnosis", caseId],
      });
    if (rightCause !== undefined && (await causeBook(tx)).cause(rightCause) === undefined)
      throw new AppError("invalid", `no cause ${rightCause}`, { publicMessage: "There is no such cause." });
    const row = await tx.diagnosisCase.update({
      where: { id: caseId },
      data: { feedback, feedbackNote: redactText(note).text, feedbackAt: now(), rightCause: rightCause ?? null },
      select: caseColumns,
    });
    return {
      result: await caseDetail({ db: tx, actor, now: now(), scope }, row),
      audit: {
        entity: ["diagnosis", caseId],
        nodeId: row.nodeId,
        before: { feedback: before.feedback, rightCause: before.rightCause },
        after: { feedback, rightCause: row.rightCause },
      },
      changes: [changed(caseId)],
    };
  },
});
