// Whose yes a rollout needs: approved at once where nobody's, else put before approvers as a statement (server/approvals).
import { STATEMENT_TTL_MS } from "../../protocol/statement.ts";
import type { Risk } from "../../repairs/define.ts";
import type { Phase } from "../../rollout/types.ts";
import { rolloutNeed, rolloutStatement } from "../approvals/rollout-standing.ts";
import { toJson } from "../core/audit.ts";
import type { Actor, Tx } from "../core/context.ts";
import { drive } from "./drive.ts";
import { lockRollout } from "./rows.ts";

/** It waits this long for approval, ms; the statement lives a little longer, so that the last signature still counts. */
const APPROVE_WITHIN_MS = STATEMENT_TTL_MS - 15 * 60_000;

/** Right after the plan. @returns the phase that it is in: approved, or planned while it waits for signatures */
export async function askApproval(tx: Tx, id: string, actor: Actor, now: Date): Promise<Phase> {
  const rollout = await lockRollout(tx, id);
  if (!rollout) return "draft";
  const { title, change, changeHash, targetHash, targetCount, policyHash } = rollout;
  const lane = rollout.lane === "fast" ? ("fast" as const) : ("normal" as const);
  const asked = { risk: rollout.risk as Risk, lane, targetCount }; // written from that very type
  const need = await rolloutNeed(tx, actor, asked, now);
  if (need.kind === "none") {
    const event = { type: "approved", at: now.getTime(), targetHash, by: [rollout.requestedBy] } as const;
    const after = await drive(tx, rollout, [{ event, actor: rollout.requestedBy }], now, { isDeferred: true });
    return after.rollout.state.phase;
  }
  const about = { id, title, change: change.kind, changeHash, targetHash, policyHash };
  await tx.rollout.update({
    where: { id },
    data: {
      statement: toJson(rolloutStatement({ ...asked, ...about }, actor, now)),
      approveBy: new Date(now.getTime() + APPROVE_WITHIN_MS),
    },
    select: { id: true },
  });
  return rollout.state.phase;
}
