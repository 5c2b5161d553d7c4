// Where the approval of one rollout stands: the statement, what was given and still counts, what is needed, and whether you may give the next one.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { RolloutStatement, STATEMENT_TTL_MS, statementChallenge } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import { type Actor, personOf, type Tx } from "../core/context.ts";
import { isFrozen } from "../freeze/frozen.ts";
import { requesterOf } from "./ask.ts";
import { type ApprovalRule, countedSigners, rolloutRule } from "./needed.ts";
import { approverRefs, holderOf, mayOnAll } from "./persons.ts";
import type { ApprovalNeed, ApprovalState, GivenApproval } from "./schema.ts";
import { refusals } from "./standing.ts";

type Db = PrismaClient | Tx;

/** Columns that an approval is about. */
export const rolloutApprovalColumns = {
  id: true,
  phase: true,
  changeHash: true,
  targetHash: true,
  targetCount: true,
  policyHash: true,
  statement: true,
  approveBy: true,
} as const satisfies Prisma.RolloutSelect;
export type RolloutApprovalRow = Prisma.RolloutGetPayload<{ select: typeof rolloutApprovalColumns }>;

type Asked = { risk: Risk; lane: "normal" | "fast"; targetCount: number };

/** What stands between this actor's plan and its start. Whoever may run rollouts releases what is safe and small by starting it. */
export async function rolloutNeed(db: Db, actor: Actor, asked: Asked, now: Date): Promise<ApprovalNeed> {
  const person = personOf(actor);
  const [approvers, keys] = await Promise.all([
    approverRefs(db, now),
    person === null ? 0 : db.approvalKey.count({ where: { person, state: "active" } }),
  ]);
  const { needed, countsRequester } = rolloutRule(asked, approvers);
  if (needed === 0) return { kind: "none", needed: 0, countsYours: false, hasKey: keys > 0 };
  return { kind: "signature", needed, countsYours: countsRequester && person !== null, hasKey: keys > 0 };
}

/** What approvers of a rollout sign. `change`: its kind. */
export function rolloutStatement(
  rollout: Asked &
    Pick<RolloutStatement, "title" | "change" | "changeHash" | "targetHash" | "policyHash"> & { id: string },
  actor: Actor,
  now: Date,
): RolloutStatement {
  const { id: rolloutId, title, change, changeHash, targetHash, targetCount, policyHash, lane, risk } = rollout;
  const requestedBy = requesterOf(actor);
  const expiresAt = now.getTime() + STATEMENT_TTL_MS;
  const about = { rolloutId, title, change, changeHash, targetHash, targetCount, policyHash, lane, risk };
  return { v: 1, kind: "rollout", ...about, requestedBy, expiresAt };
}

/** Null when what stands in the row is none, or is about something else. */
function statementOf(row: RolloutApprovalRow): RolloutStatement | null {
  const { success, data } = RolloutStatement.safeParse(row.statement);
  if (!success || data.rolloutId !== row.id) return null;
  const isSame =
    data.changeHash === row.changeHash &&
    data.targetHash === row.targetHash &&
    data.targetCount === row.targetCount &&
    data.policyHash === row.policyHash;
  return isSame ? data : null;
}

export type RolloutStanding = {
  statement: RolloutStatement;
  rule: ApprovalRule;
  given: GivenApproval[];
  /** Persons whose word counts now: they may approve on all of its nodes still, and their keys are accepted. */
  counted: string[];
};

/** Null when there is nothing to approve, or it cannot be read. */
export async function rolloutStanding(db: Db, row: RolloutApprovalRow, now: Date): Promise<RolloutStanding | null> {
  const statement = statementOf(row);
  if (!statement) return null;
  const rows = await db.approval.findMany({
    where: { kind: "rollout", subject: row.id, challenge: statementChallenge(statement) },
    orderBy: { at: "asc" },
    select: { person: true, personName: true, at: true, keyId: true },
  });
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
    const holder = await holderOf(db, person, now);
    if (holder && (await mayOnAll(db, holder, "rollouts:approve", row.id))) still.push(person);
  }
  const rule = rolloutRule(statement, approvers);
  const given = rows.map(({ keyId, ...rest }) => ({ ...rest, isSigned: keyId !== null }));
  return { statement, rule, given, counted: countedSigners(rule, statement.requestedBy, still) };
}

/** The rollout may be started. Nothing that needs signatures is ever enough without one. */
export const isRolloutApproved = ({ counted, rule }: RolloutStanding): boolean =>
  counted.length >= Math.max(1, rule.needed);

const notAll: Text = {
  en: "You may not approve on all of its nodes.",
  zh: "您无权批准其中的全部节点。",
};

/** What speaks against the actor's own approval; null when nothing does. */
export async function rolloutRefusal(
  db: Db,
  row: RolloutApprovalRow,
  standing: RolloutStanding | null,
  actor: Actor,
  now: Date,
): Promise<Text | null> {
  if (row.phase !== "planned") return refusals.notWaiting;
  if (!standing) return refusals.unreadable;
  if (!row.approveBy || row.approveBy <= now) return refusals.late;
  if (await isFrozen(db)) return refusals.frozen;
  if (!(await mayOnAll(db, actor, "rollouts:approve", row.id))) return notAll;
  const person = personOf(actor);
  if (person === null) return refusals.nobody;
  if (!standing.rule.countsRequester && person === standing.statement.requestedBy) return refusals.own;
  if (standing.given.some((one) => one.person === person)) return refusals.twice;
  const keys = await db.approvalKey.count({ where: { person, state: "active" } });
  return keys > 0 ? null : refusals.noKey;
}

/** The state as pages and command line show it to this actor; null where nobody's signature is or was needed. */
export async function rolloutApproval(
  db: Db,
  row: RolloutApprovalRow,
  actor: Actor,
  now: Date,
): Promise<ApprovalState | null> {
  if (row.statement === null) return null;
  const standing = await rolloutStanding(db, row, now);
  const refusal = await rolloutRefusal(db, row, standing, actor, now);
  const statement = standing?.statement ?? null;
  return {
    needed: Math.max(1, standing?.rule.needed ?? 1),
    needsSignature: true,
    given: standing?.given ?? [],
    canApprove: refusal === null,
    refusal,
    toSign: refusal === null && statement ? { statement, challenge: statementChallenge(statement) } : null,
    approveBy: row.approveBy ?? now,
  };
}
