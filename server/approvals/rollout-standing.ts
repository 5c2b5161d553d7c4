// Where the approval of one rollout stands: the statement, what was given and still counts, what is needed, and whether you may give the next one.
import type { Prisma } from "../../generated/prisma/client.ts";
import { RolloutStatement, STATEMENT_TTL_MS } from "../../protocol/statement.ts";
import type { Text } from "../../protocol/text.ts";
import type { Risk } from "../../repairs/define.ts";
import { type Actor, personOf } from "../core/context.ts";
import { requesterOf } from "./ask.ts";
import { type Approvable, type Db, refusalOn, type Standing, standingOn, stateOn } from "./given.ts";
import { rolloutRule } from "./needed.ts";
import { approverRefs, holderOf, mayOnAll } from "./persons.ts";
import type { ApprovalNeed } from "./schema.ts";

/** Columns that an approval is about. */
export const rolloutApprovalColumns = {
  id: true,
  title: true,
  kind: true,
  risk: true,
  lane: true,
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
  if (!success || data.rolloutId !== row.id || data.change !== row.kind) return null;
  const fields = ["title", "risk", "lane", "changeHash", "targetHash", "targetCount", "policyHash"] as const;
  return fields.every((field) => data[field] === row[field]) ? data : null;
}

const notAll: Text = {
  en: "You may not approve on all of its nodes.",
  zh: "您无权批准其中的全部节点。",
};

function asked(db: Db, row: RolloutApprovalRow, now: Date): Approvable<RolloutStatement> {
  const statement = statementOf(row);
  const permission = "rollouts:approve";
  return {
    subject: row.id,
    isWaiting: row.phase === "planned",
    approveBy: row.approveBy,
    statement,
    isRelease: false,
    ruleOf: rolloutRule,
    mayStill: async (person) => {
      const holder = await holderOf(db, person, now);
      return holder !== null && mayOnAll(db, holder, permission, row.id);
    },
    mayNow: (actor) => mayOnAll(db, actor, permission, row.id),
    stranger: notAll,
  };
}

export const rolloutStanding = (db: Db, row: RolloutApprovalRow, now: Date) => standingOn(db, asked(db, row, now), now);

export const rolloutRefusal = (
  db: Db,
  row: RolloutApprovalRow,
  standing: Standing<RolloutStatement> | null,
  actor: Actor,
  now: Date,
) => refusalOn(db, asked(db, row, now), standing, actor, now);

/** The state as pages and command line show it to this actor; null where nobody's signature is or was needed. */
export const rolloutApproval = async (db: Db, row: RolloutApprovalRow, actor: Actor, now: Date) =>
  row.statement === null ? null : stateOn(db, asked(db, row, now), actor, now);
