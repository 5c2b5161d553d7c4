// A reviewer settles cases: it was this known cause, or nothing is to be learnt, or a new cause is drafted from them.

import { holdsFleetWide } from "../core/access.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { writerOf } from "../knowledge/store-draft.ts";
import { draftCause, draftMarkdown, proposedDraft, reviewedCases } from "./draft.ts";
import { causeBook } from "./engine.ts";
import { CloseCases, type ClosedCases, type ProposedDraft } from "./schema.ts";

export const closeCases = mutation({
  name: "diagnosis.close",
  access: "diagnosis:review",
  on: "node",
  input: CloseCases,
  async run({ tx, actor, now, scope }, { caseIds, as }) {
    const cases = await reviewedCases(tx, scope, caseIds);
    const at = now();
    const ids = cases.map(({ id }) => id);
    if (as.kind === "draft" && (await tx.diagnosisCase.count({ where: { id: { in: ids }, state: "open" } })) === 0)
      throw new AppError("conflict", "all of them are closed", { publicMessage: "Somebody has closed these already." });
    const draft =
      as.kind === "draft"
        ? await storeDraft(tx, actor, at, await proposedDraft(tx, scope, ids, as.draft), ids[0] ?? null)
        : null;
    if (as.kind === "cause" && (await causeBook(tx)).cause(as.rightCause) === undefined)
      throw new AppError("invalid", `no cause ${as.rightCause}`, { publicMessage: "There is no such cause." });
    const rightCause = as.kind === "cause" ? as.rightCause : (draft?.articleId.replace(/^cause\//, "") ?? null);
    const { count } = await tx.diagnosisCase.updateMany({
      where: { id: { in: ids }, state: "open" },
      data: {
        state: "closed",
        reviewedBy: actorRef(actor),
        reviewedByName: actor.name,
        reviewedAt: at,
        ...(rightCause === null ? {} : { rightCause }),
        ...(draft ? { articleId: draft.articleId } : {}),
      },
    });
    const result: ClosedCases = { closed: count, draft };
    return {
      result,
      audit: {
        entity: ["diagnosis", ids[0] ?? ""],
        after: { caseIds: ids, as: as.kind, rightCause, articleId: draft?.articleId ?? null },
      },
      changes: [{ domain: "diagnosis", ids }],
    };
  },
});

/** Articles are the whole fleet's. @throws AppError("forbidden") to whoever may not write them, ("conflict") for a name that is taken */
async function storeDraft(tx: Tx, actor: Actor, at: Date, draft: ProposedDraft, caseId: string | null) {
  const { articleId } = draft;
  if (!holdsFleetWide(actor, "knowledge:write"))
    throw new AppError("forbidden", `${actorRef(actor)} may not write articles`, {
      publicMessage: "Your rights do not allow to write articles.",
    });
  const isTaken =
    (await causeBook(tx)).cause(articleId.replace(/^cause\//, "")) !== undefined ||
    (await tx.articleVersion.count({ where: { articleId } })) > 0;
  if (isTaken)
    throw new AppError("conflict", `${articleId} is there already`, {
      publicMessage: "There is a cause of this name already; choose another one.",
    });
  const version = 1;
  await tx.articleVersion.create({
    data: {
      articleId,
      version,
      en: draftMarkdown(draft, "en"),
      zh: draftMarkdown(draft, "zh"),
      cause: toJson(draftCause(draft)),
      state: "draft",
      // The person, also behind a token: nobody publishes their own.
      author: writerOf(actor),
      authorName: actor.name,
      createdAt: at,
      updatedAt: at,
      caseId,
    },
    select: { articleId: true },
  });
  return { ...draft, version };
}
