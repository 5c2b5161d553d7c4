// Where the approval of one run stands: what was given and still counts, what is needed, and whether you may give the next one.
import type { Prisma } from "../../generated/prisma/client.ts";
import { PlanStatement } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import type { Actor } from "../core/context.ts";
import { type Approvable, type Db, refusalOn, type Standing, standingOn, stateOn } from "./given.ts";
import { approvalRule } from "./needed.ts";
import { mayOn, mayStill } from "./persons.ts";

/** Columns that an approval is about. */
export const approvalColumns = {
  id: true,
  nodeId: true,
  state: true,
  planHash: true,
  statement: true,
  approveBy: true,
} as const satisfies Prisma.RepairSelect;
export type ApprovalRow = Prisma.RepairGetPayload<{ select: typeof approvalColumns }>;

/** What approvers of this run sign; null when what stands in the row is none, or is about something else. */
function statementOf(row: ApprovalRow): PlanStatement | null {
  const { success, data } = PlanStatement.safeParse(row.statement);
  if (!success || data.runId !== row.id || data.nodeId !== row.nodeId || data.planHash !== row.planHash) return null;
  return data;
}

/** A safe plan asked for by somebody who may not start it: released by somebody who may, without a signature. */
export const isRelease = (statement: PlanStatement): boolean => statement.risk === "safe";

const strangers = {
  approve: { en: "You may not approve on this node.", zh: "您无权批准该节点上的操作。" },
  release: {
    en: "Somebody who may run repairs on this node has to release it.",
    zh: "须由有权在该节点执行修复的人放行。",
  },
} satisfies Record<string, Text>;

function asked(db: Db, row: ApprovalRow, now: Date): Approvable<PlanStatement> {
  const statement = statementOf(row);
  const isReleased = statement !== null && isRelease(statement);
  const permission = isReleased ? "repairs:run" : "repairs:approve";
  return {
    subject: row.id,
    isWaiting: row.state === "awaiting",
    approveBy: row.approveBy,
    statement,
    isRelease: isReleased,
    ruleOf: ({ risk }, approvers) =>
      isReleased ? { needed: 1, countsRequester: false } : approvalRule(risk, approvers),
    mayStill: (person) => mayStill(db, person, permission, row.nodeId, now),
    mayNow: (actor) => mayOn(db, actor, permission, row.nodeId),
    stranger: strangers[isReleased ? "release" : "approve"],
  };
}

export const standingOf = (db: Db, row: ApprovalRow, now: Date) => standingOn(db, asked(db, row, now), now);

export const refusalFor = (
  db: Db,
  row: ApprovalRow,
  standing: Standing<PlanStatement> | null,
  actor: Actor,
  now: Date,
) => refusalOn(db, asked(db, row, now), standing, actor, now);

export const approvalState = (db: Db, row: ApprovalRow, actor: Actor, now: Date) =>
  stateOn(db, asked(db, row, now), actor, now);
