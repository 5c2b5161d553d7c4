// A stored case as it is shown now: what was answered, with articles, measured success, findings, suggestions and progress read afresh.
import { exitMeaning } from "../../diagnosis/exit-codes.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Actor, Tx } from "../core/context.ts";
import type { Scope } from "../core/scope.ts";
import { checkTitles } from "../inspections/titles.ts";
import { askerOf, type CaseRow, isPlain, type StoredAnswer, toAnswer } from "./cases.ts";
import { type CauseBook, causeBook } from "./engine.ts";
import { isExplainerSet } from "./explainer.ts";
import { shownFindings } from "./findings.ts";
import { causeRecords } from "./measured.ts";
import { progressOf, runColumns } from "./progress.ts";
import {
  type CaseDetail,
  type CaseFinding,
  type CaseKind,
  type CaseProgress,
  Feedback,
  type ShownCause,
} from "./schema.ts";
import { suggestionsFor } from "./suggestions.ts";

/** Verbs hand in their transaction or client: only reads are made. */
export type ReadArgs = { db: PrismaClient | Tx; actor: Actor; now: Date; scope: Scope };

const kinds: readonly CaseKind[] = ["text", "container", "pod", "node"];

export async function caseDetail({ db, actor, now, scope }: ReadArgs, row: CaseRow): Promise<CaseDetail> {
  const client = db as PrismaClient; // reads only; what asks for a client opens no transaction
  const answer = toAnswer(row.answer);
  const book = await causeBook(db);
  const plain = await isPlain(db, actor, row.nodeId);
  const findings =
    row.nodeId === null ? [] : await shownFindings(db, row.nodeId, answer.findingIds, answer.subject, plain);
  const named = answer.causes.map(({ id }) => id);
  // One after the other: this may be one connection's transaction.
  const causes = await shownCauses({ db, scope }, answer, findings, book);
  const suggestions =
    row.nodeId === null
      ? []
      : await suggestionsFor({ db: client, actor, now, scope }, row.nodeId, findings, named, book);
  const progress = row.repairRunId === null ? null : await readProgress(db, row.repairRunId);
  const { verdict, chain, rpc, code, components, cutChars, isCutShort, subject, redacted } = answer;
  const feedback = Feedback.safeParse(row.feedback).data;
  return {
    caseId: row.id,
    kind: kinds.find((kind) => kind === row.kind) ?? "text",
    createdAt: row.createdAt,
    askedByName: row.askedByName,
    isYours: row.askedBy === askerOf(actor),
    isKnown: row.isKnown,
    verdict,
    causes,
    text: row.input,
    redacted,
    chain,
    rpc,
    code,
    components,
    exitCodes: answer.exitCodes.map(exitMeaning),
    cutChars,
    isCutShort,
    subject,
    observations: answer.observations
      .filter(({ isInternal }) => !(plain && isInternal))
      .map(({ label, value, isAbnormal }) => ({ label, value, isAbnormal })),
    findings,
    suggestions,
    progress,
    feedback:
      feedback && row.feedbackAt
        ? { feedback, note: row.feedbackNote, at: row.feedbackAt, rightCause: row.rightCause }
        : null,
    state: row.state === "closed" ? "closed" : "open",
    canExplain: isExplainerSet() && row.input !== "",
  };
}

async function readProgress(db: ReadArgs["db"], id: string): Promise<CaseProgress | null> {
  const run = await db.repair.findUnique({ where: { id }, select: runColumns });
  return run ? progressOf(run) : null;
}

async function shownCauses(
  { db, scope }: Pick<ReadArgs, "db" | "scope">,
  answer: StoredAnswer,
  findings: readonly CaseFinding[],
  book: CauseBook,
): Promise<ShownCause[]> {
  const recordOf = await causeRecords(
    db,
    scope,
    answer.causes.map(({ id }) => id),
  );
  const titleOf = await checkTitles(db);
  return answer.causes.map((one) => {
    const checks = book.checks(one.id);
    return {
      ...one,
      title: book.title(one.id),
      side: book.cause(one.id)?.side ?? "either",
      article: book.article(one.id),
      checks: checks.map((id) => ({ id, title: titleOf(id) })),
      openFindings: findings
        .filter(({ isPresent, checkId }) => isPresent && checks.includes(checkId))
        .map(({ id }) => id),
      measured: recordOf(one.id),
    };
  });
}
