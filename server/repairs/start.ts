// Starts exactly the plan that was shown, or refuses: a repair row in state `queued` is all that the web tier makes; workers sign and dispatch.
import { v7 as uuidv7 } from "uuid";
import { Prisma } from "../../generated/prisma/client.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import { mutation } from "../core/verb.ts";
import { advanceRepairs } from "./jobs.ts";
import { planRepair, planUndo } from "./plan.ts";
import { type RepairPreview, StartRepair, UndoRepair } from "./schema.ts";

type Args = { tx: Tx; actor: Actor; now: () => Date };

/** Creates the run of a preview that was recomputed just now. @throws AppError("conflict") when it may not run or is not what was approved */
async function startRun({ tx, actor, now }: Args, preview: RepairPreview, planHash: string, undoOfId: string | null) {
  const { findingId, nodeId, repairId, plan, guards, refusal } = preview;
  if (refusal || !plan || !preview.canStart) {
    throw new AppError("conflict", `${repairId} on ${nodeId}: ${refusal?.en ?? "nothing to do"}`, {
      publicMessage: refusal?.en ?? preview.nothing?.en ?? "There is nothing to do.",
      details: { refusal: refusal ?? preview.nothing, guards },
    });
  }
  if (preview.planHash !== planHash) {
    throw new AppError("conflict", `${repairId} on ${nodeId}: the plan is another one now`, {
      publicMessage: "The node's state changed since the preview, and so did the plan. Look at the new plan first.",
      details: {
        refusal: { en: "The plan changed since the preview.", zh: "预览之后计划已变化，请重新查看。" },
        planHash: preview.planHash,
      },
    });
  }
  const id = uuidv7();
  try {
    await tx.repair.create({
      data: {
        id,
        repairId,
        nodeId,
        findingId,
        undoOfId,
        risk: preview.risk,
        plan: toJson({ ...plan, guards }),
        planHash,
        state: "queued",
        requestedBy: actorRef(actor),
        createdAt: now(),
        activeKey: nodeId,
      },
      select: { id: true },
    });
  } catch (err) {
    const isTaken = err instanceof Prisma.PrismaClientKnownRequestError && err.code === "P2002";
    if (!isTaken) throw err;
    throw new AppError("conflict", `another repair runs on ${nodeId}`, {
      publicMessage: "Another repair runs on this node; wait until it is over.",
      details: {
        refusal: {
          en: "Another repair runs on this node; wait until it is over.",
          zh: "该节点上正在执行另一个修复，请等待其结束。",
        },
      },
      cause: err,
    });
  }
  return {
    result: { id },
    audit: {
      entity: ["repair", id] as const,
      nodeId,
      after: { repairId, findingId, undoOfId, planHash, steps: plan.steps },
    },
    changes: [
      { domain: "repairs" as const, ids: [id] },
      { domain: "findings" as const, ids: [findingId] },
    ],
    after: () => enqueue(advanceRepairs, { repairIds: [id] }),
  };
}

/** Starts a repair of a finding. Of two that start at once on one node, one gets `conflict`. */
export const startRepair = mutation({
  name: "repairs.start",
  access: "repairs:run",
  input: StartRepair,
  run: async (args, { findingId, repairId, planHash }) =>
    startRun(args, await planRepair(args.tx, { findingId, repairId }, args.now()), planHash, null),
});

/** Takes a repair back: a run of its own, with the steps worked out from what the repair did. */
export const undoRepair = mutation({
  name: "repairs.undo",
  access: "repairs:run",
  input: UndoRepair,
  run: async (args, { id, planHash }) => startRun(args, await planUndo(args.tx, id, args.now()), planHash, id),
});
