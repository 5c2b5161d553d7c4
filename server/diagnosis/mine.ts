// What I asked, newest first, and how each stands.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Scope } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { askerOf, toAnswer, toSide } from "./cases.ts";
import { causeBook } from "./engine.ts";
import { stageOf } from "./progress.ts";
import { type CaseSubject, Feedback, ListMyCases, type MyCases } from "./schema.ts";

const QUESTION_CHARS = 160;

/** First line that says something, or what it is about. */
function questionOf(input: string, subject: CaseSubject | null): string {
  const line = input.split("\n").find((one) => one.trim() !== "");
  if (line !== undefined) return line.trim().slice(0, QUESTION_CHARS);
  if (!subject) return "";
  if (subject.kind === "node") return subject.nodeName;
  if (subject.kind === "pod") return [subject.podNamespace, subject.podName].filter(Boolean).join("/");
  return subject.containerName || (subject.containerId ?? "").slice(0, 12);
}

async function stages(db: PrismaClient, runIds: string[]): Promise<Map<string, string>> {
  const runs =
    runIds.length === 0
      ? []
      : await db.repair.findMany({ where: { id: { in: runIds } }, select: { id: true, state: true } });
  return new Map(runs.map(({ id, state }) => [id, state]));
}

/** Nodes that the asker's cases are about and that they still may ask about. */
async function ownNodes(db: PrismaClient, scope: Scope, askedBy: string): Promise<string[]> {
  const named = await db.diagnosisCase.findMany({ where: { askedBy }, distinct: ["nodeId"], select: { nodeId: true } });
  const ids = named.flatMap(({ nodeId }) => nodeId ?? []);
  const within = await db.node.findMany({ where: { AND: [{ id: { in: ids } }, scope.where] }, select: { id: true } });
  return within.map(({ id }) => id);
}

export const listMyCases = query({
  name: "diagnosis.mine",
  access: "diagnosis:ask",
  on: "node",
  input: ListMyCases,
  async run({ db, actor, scope }, { page, pageSize }): Promise<MyCases> {
    const nodes = scope.isWhole ? null : await ownNodes(db, scope, askerOf(actor));
    const where = {
      askedBy: askerOf(actor),
      ...(nodes === null ? {} : { OR: [{ nodeId: null }, { nodeId: { in: nodes } }] }),
    };
    const [rows, total, book] = await Promise.all([
      db.diagnosisCase.findMany({
        where,
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: {
          id: true,
          kind: true,
          createdAt: true,
          input: true,
          answer: true,
          isKnown: true,
          side: true,
          topCause: true,
          feedback: true,
          repairRunId: true,
        },
      }),
      db.diagnosisCase.count({ where }),
      causeBook(db),
    ]);
    const stateOf = await stages(
      db,
      rows.flatMap(({ repairRunId }) => repairRunId ?? []),
    );
    return {
      rows: rows.map(({ kind, input, answer, side, topCause, feedback, repairRunId, ...row }) => {
        const state = repairRunId === null ? undefined : stateOf.get(repairRunId);
        return {
          ...row,
          kind: kind as MyCases["rows"][number]["kind"], // written by us
          question: questionOf(input, toAnswer(answer).subject),
          side: toSide(side),
          topCause: topCause === null ? null : { id: topCause, title: book.title(topCause) },
          feedback: Feedback.safeParse(feedback).data ?? null,
          stage: state === undefined ? null : stageOf(state),
        };
      }),
      total,
      page,
      pageSize,
    };
  },
});
