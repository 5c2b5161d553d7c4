// Where the approval of one run stands: what was given and still counts, what is needed, and whether you may give the next one.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { PlanStatement, statementChallenge } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import { type Actor, personOf, type Tx } from "../core/context.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { type ApprovalRule, approvalRule, countedSigners } from "./needed.ts";
import { approverRefs, mayOn, mayStill } from "./persons.ts";
import type { ApprovalState, GivenApproval } from "./schema.ts";

type Db = PrismaClient | Tx;

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

export type Standing = {
  statement: PlanStatement;
  rule: ApprovalRule;
  given: GivenApproval[];
  /** Persons whose word counts now: their rights hold still, and so do their keys. */
  counted: string[];
  needed: number;
};

/** Null when the run's statement cannot be read: then nothing can be approved. */
export async function standingOf(db: Db, row: ApprovalRow, now: Date): Promise<Standing | null> {
  const statement = statementOf(row);
  if (!statement) return null;
  const challenge = statementChallenge(statement);
  const rows = await db.approval.findMany({
    where: { kind: "plan", subject: row.id, challenge },
    orderBy: { at: "asc" },
    select: { person: true, personName: true, at: true, keyId: true },
  });
  const given = rows.map(({ keyId, ...rest }) => ({ ...rest, isSigned: keyId !== null }));
  if (isRelease(statement)) {
    const rule = { needed: 1, countsRequester: false };
    const still: string[] = [];
    for (const { person } of rows) if (await mayStill(db, person, "repairs:run", row.nodeId, now)) still.push(person);
    return { statement, rule, given, needed: 1, counted: countedSigners(rule, statement.requestedBy, still) };
  }
  const [approvers, keys] = await Promise.all([
    approverRefs(db, now),
    db.approvalKey.findMany({
      where: { id: { in: rows.flatMap(({ keyId }) => keyId ?? []) }, state: "active" },
      select: { id: true, person: true },
    }),
  ]);
  const still: string[] = [];
  for (const { person, keyId } of rows) {
    if (!keys.some((key) => key.id === keyId && key.person === person)) continue;
    if (await mayStill(db, person, "repairs:approve", row.nodeId, now)) still.push(person);
  }
  const rule = approvalRule(statement.risk, approvers);
  return { statement, rule, given, needed: rule.needed, counted: countedSigners(rule, statement.requestedBy, still) };
}

export const isEnough = ({ counted, needed }: Standing): boolean => counted.length >= needed;

/** Why somebody may not approve, in words. */
export const refusals = {
  notWaiting: { en: "It does not wait for approval any more.", zh: "它已不再等待批准。" },
  late: { en: "Its time for approval is over.", zh: "批准期限已过。" },
  frozen: {
    en: "The fleet is frozen; nothing is approved until the freeze is lifted.",
    zh: "机群已冻结，解除之前不能批准。",
  },
  unreadable: { en: "What is to be approved cannot be read.", zh: "待批准的内容无法读取。" },
  role: { en: "You may not approve on this node.", zh: "您无权批准该节点上的操作。" },
  release: {
    en: "Somebody who may run repairs on this node has to release it.",
    zh: "须由有权在该节点执行修复的人放行。",
  },
  own: { en: "You asked for it; another person has to approve.", zh: "该请求由您发起，须由另一人批准。" },
  twice: { en: "You approved it already.", zh: "您已批准。" },
  nobody: { en: "A program without an owner cannot approve.", zh: "无所有者的程序不能批准。" },
  noKey: {
    en: "You have no accepted approval key. Register a passkey under Account and have it accepted.",
    zh: "您还没有被接受的批准密钥。请在“账户”中注册通行密钥，并请人接受它。",
  },
} satisfies Record<string, Text>;

/** What speaks against the actor's own approval or release of this run; null when nothing does. */
export async function refusalFor(
  db: Db,
  row: ApprovalRow,
  standing: Standing | null,
  actor: Actor,
  now: Date,
): Promise<Text | null> {
  if (row.state !== "awaiting") return refusals.notWaiting;
  if (!standing) return refusals.unreadable;
  if (!row.approveBy || row.approveBy <= now) return refusals.late;
  if (await isFrozen(db)) return refusals.frozen;
  const { statement, rule, given } = standing;
  const isReleased = isRelease(statement);
  if (!(await mayOn(db, actor, isReleased ? "repairs:run" : "repairs:approve", row.nodeId)))
    return isReleased ? refusals.release : refusals.role;
  const person = personOf(actor);
  if (person === null) return refusals.nobody;
  if (!rule.countsRequester && person === statement.requestedBy) return refusals.own;
  if (given.some((one) => one.person === person)) return refusals.twice;
  if (isReleased) return null;
  const keys = await db.approvalKey.count({ where: { person, state: "active" } });
  return keys > 0 ? null : refusals.noKey;
}

/** The state as pages and command line show it to this actor. */
export async function approvalState(db: Db, row: ApprovalRow, actor: Actor, now: Date): Promise<ApprovalState> {
  const standing = await standingOf(db, row, now);
  const refusal = await refusalFor(db, row, standing, actor, now);
  const needsSignature = standing ? !isRelease(standing.statement) : true;
  const statement = standing?.statement ?? null;
  return {
    needed: standing?.needed ?? 1,
    needsSignature,
    given: standing?.given ?? [],
    canApprove: refusal === null,
    refusal,
    toSign:
      refusal === null && needsSignature && statement ? { statement, challenge: statementChallenge(statement) } : null,
    approveBy: row.approveBy ?? now,
  };
}
