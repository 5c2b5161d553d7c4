// Makes the run of a look: one row beside the repairs with one command in its plan. Workers bring it forward as they do repairs, the dispatcher judges it.
import { v7 as uuidv7 } from "uuid";
import type { CommandAction } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import { actionRisk } from "../../repairs/action-risk.ts";
import type { Plan } from "../../repairs/define.ts";
import { planHashOf } from "../../repairs/plan-hash.ts";
import { APPROVE_WITHIN_MS, planStatement } from "../approvals/ask.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { enqueue } from "../core/queue.ts";
import { advanceRepairs } from "../repairs/jobs.ts";

export type Look = {
  /** Where the command must name its own run; a new one unless told. */
  id?: string;
  /** REPORT or SHELL of repairs/looks.ts. */
  repairId: string;
  nodeId: string;
  nodeName: string;
  action: CommandAction;
  title: Text;
  /** What it comes near to, for approvers. */
  touches: Text;
  /** What it is about: a container's id; "" for the node. */
  subject: string;
};

export type StartedLook = { id: string; state: "awaiting" | "queued"; planHash: string };

/** Writes the run: `queued` when it only reads, else `awaiting` with the statement that another person signs. Call `wakeLook` after the commit. */
export async function createLook(
  tx: Tx,
  actor: Actor,
  { id = uuidv7(), repairId, nodeId, nodeName, action, title, touches, subject }: Look,
  now: Date,
): Promise<StartedLook> {
  const risk = actionRisk(action);
  const plan: Plan = { evidence: { sections: [] }, steps: [{ title, action }], touches };
  const planHash = planHashOf({ nodeId, findingId: null, repairId, plan });
  const state = risk === "safe" ? "queued" : "awaiting";
  const statement = planStatement({ id, nodeId, nodeName, repairId, planHash, risk }, actor, now);
  await tx.repair.create({
    data: {
      id,
      repairId,
      nodeId,
      risk,
      plan: toJson({ ...plan, guards: [] }),
      planHash,
      state,
      requestedBy: actorRef(actor),
      subject,
      createdAt: now,
      ...(state === "awaiting"
        ? { statement: toJson(statement), approveBy: new Date(now.getTime() + APPROVE_WITHIN_MS) }
        : {}),
    },
    select: { id: true },
  });
  return { id, state, planHash };
}

/** Has workers bring it forward now; a sweep makes up for a lost job. */
export const wakeLook = ({ id, state }: StartedLook): Promise<void> =>
  state === "queued" ? enqueue(advanceRepairs, { repairIds: [id] }) : Promise.resolve();
