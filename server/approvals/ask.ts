// What a plan needs before it may run when this actor asks for it, and the statement that is then put before approvers.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { PlanStatement } from "../../protocol/statement.ts";
import { STATEMENT_TTL_MS } from "../../protocol/statement.ts";
import type { Risk } from "../../repairs/define.ts";
import { type Actor, actorRef, personOf, type Tx } from "../core/context.ts";
import { approvalRule } from "./needed.ts";
import { approverRefs, mayOn } from "./persons.ts";
import type { ApprovalNeed } from "./schema.ts";

type Db = PrismaClient | Tx;

/**
 * A run waits this long for approval, ms. Shorter than the statement lives, so that what is approved in the last minute still has time to be signed
 * step by step.
 */
export const APPROVE_WITHIN_MS = STATEMENT_TTL_MS - 15 * 60_000;

/** Whose approval is compared with the requester's: the person, also behind a token. */
export const requesterOf = (actor: Actor): string => personOf(actor) ?? actorRef(actor);

/** What stands between this actor's "start" and the first step. */
export async function approvalNeed(
  db: Db,
  actor: Actor,
  { nodeId, risk }: { nodeId: string; risk: Risk },
  now: Date,
): Promise<ApprovalNeed> {
  if (risk === "safe") {
    const runs = await mayOn(db, actor, "repairs:run", nodeId);
    return { kind: runs ? "none" : "release", needed: runs ? 0 : 1, countsYours: false, hasKey: false };
  }
  const person = personOf(actor);
  const [approvers, approves, keys] = await Promise.all([
    approverRefs(db, now),
    mayOn(db, actor, "repairs:approve", nodeId),
    person === null ? 0 : db.approvalKey.count({ where: { person, state: "active" } }),
  ]);
  const { needed, countsRequester } = approvalRule(risk, approvers);
  return {
    kind: "signature",
    needed,
    countsYours: countsRequester && approves && person !== null,
    hasKey: keys > 0,
  };
}

/** What approvers of a new run sign. */
export function planStatement(
  run: { id: string; nodeId: string; nodeName: string; repairId: string; planHash: string; risk: Risk },
  actor: Actor,
  now: Date,
): PlanStatement {
  const { id, ...plan } = run;
  return {
    v: 1,
    kind: "plan",
    runId: id,
    ...plan,
    requestedBy: requesterOf(actor),
    expiresAt: now.getTime() + STATEMENT_TTL_MS,
  };
}
