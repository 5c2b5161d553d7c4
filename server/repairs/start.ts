// Starts exactly the plan that was shown, or refuses. A repair row is all that the web tier makes: `queued` where nobody else has to say yes,
// else `awaiting`. Workers and the dispatcher do the rest.
import { v7 as uuidv7 } from "uuid";
import { Prisma } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { APPROVE_WITHIN_MS, approvalNeed, planStatement } from "../approvals/ask.ts";
import { lockPools } from "../budget/pools.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { enqueue } from "../core/queue.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { refuseWhileFrozen } from "../freeze/frozen.ts";
import { beginSingle, planSingle } from "../rollouts/single.ts";
import { advanceRepairs } from "./jobs.ts";
import { planRepair, planUndo } from "./plan.ts";
import { type RepairOrigin, type RepairPreview, type StartedRepair, StartRepair, UndoRepair } from "./schema.ts";

type Args = { tx: Tx; actor: Actor; now: () => Date; scope: Scope };

const refused = (message: string, refusal: Text, details: Record<string, unknown> = {}, cause?: unknown) =>
  new AppError("conflict", message, { publicMessage: refusal.en, details: { refusal, ...details }, cause });

const BUSY = {
  en: "Another repair runs on this node; wait until it is over.",
  zh: "该节点上正在执行另一个修复，请等待其结束。",
};
const CHANGED = {
  en: "The node's state changed since the preview, and so did the plan. Look at the new plan first.",
  zh: "预览之后节点状态与计划均已变化，请先查看新的计划。",
};
const NOTHING = { en: "There is nothing to do.", zh: "无事可做。" };

export type RunOptions = {
  undoOfId?: string | null;
  origin?: RepairOrigin;
  /** It waits for somebody to release it, also where it would need nobody. */
  mustWait?: boolean;
  /** Why it is started although an incident holds it. */
  override?: { reason: string } | undefined;
};

/** Creates the run of a preview that was recomputed just now. @throws AppError("conflict") when it may not run or is not what was shown */
export async function startRun(
  { tx, actor, now }: Omit<Args, "scope">,
  preview: RepairPreview,
  planHash: string,
  { undoOfId = null, origin = "person", mustWait = false, override }: RunOptions = {},
) {
  const { findingId, nodeId, nodeName, repairId, risk, plan, guards, refusal } = preview;
  if (refusal || !plan || !preview.canStart)
    throw refused(`${repairId} on ${nodeId} cannot start`, refusal ?? preview.nothing ?? NOTHING, { guards });
  if (preview.planHash !== planHash)
    throw refused(`${repairId} on ${nodeId}: the plan is another one now`, CHANGED, { planHash: preview.planHash });
  const at = now();
  const id = uuidv7();
  const need = await approvalNeed(tx, actor, { nodeId, risk }, at);
  const isAwaiting = mustWait || need.kind !== "none";
  if (isAwaiting) await refuseSecond(tx, { nodeId, repairId, planHash });
  const state = isAwaiting ? "awaiting" : "queued";
  const finding = await tx.finding.findUnique({
    where: { id: findingId },
    select: { checkId: true, subject: true, node: { select: { kernel: true, runtimes: true } } },
  });
  const rolloutId = uuidv7();
  await planSingle(
    tx,
    {
      rolloutId,
      runId: id,
      nodeId,
      repairId,
      checkId: finding?.checkId ?? null,
      findingId,
      title: preview.title,
      risk,
      reason: override?.reason ?? "",
      requestedBy: actorRef(actor),
      requestedByName: actor.name,
      isAutomatic: origin === "auto",
    },
    at,
  );
  const statement = planStatement({ id, nodeId, nodeName, repairId, planHash, risk }, actor, at);
  try {
    await tx.repair.create({
      data: {
        id,
        repairId,
        nodeId,
        findingId,
        undoOfId,
        risk,
        plan: toJson({ ...plan, guards }),
        planHash,
        state,
        requestedBy: actorRef(actor),
        origin,
        rolloutId,
        checkId: finding?.checkId ?? null,
        subject: finding?.subject ?? "",
        kernel: finding?.node.kernel ?? "",
        runtimes: finding?.node.runtimes ?? "",
        createdAt: at,
        ...(isAwaiting
          ? { statement: toJson(statement), approveBy: new Date(at.getTime() + APPROVE_WITHIN_MS) }
          : { activeKey: nodeId }),
      },
      select: { id: true },
    });
  } catch (err) {
    const isTaken = err instanceof Prisma.PrismaClientKnownRequestError && err.code === "P2002";
    throw isTaken ? refused(`another repair runs on ${nodeId}`, BUSY, {}, err) : err;
  }
  // The budget is asked, and the node taken, in the transaction that lets the run go.
  const sum = isAwaiting
    ? null
    : await beginSingle(tx, { rolloutId, runId: id, nodeId, isAutomatic: origin === "auto" }, at);
  if (sum) throw refused(`${repairId} on ${nodeId}: ${sum.en}`, sum, { budget: sum });
  const result: StartedRepair = { id, state };
  return {
    result,
    audit: {
      entity: ["repair", id] as const,
      nodeId,
      after: {
        repairId,
        findingId,
        undoOfId,
        planHash,
        risk,
        state,
        origin,
        steps: plan.steps,
        ...(override ? { override: override.reason, incidentId: preview.hold?.incidentId } : {}),
      },
    },
    changes: [
      { domain: "repairs" as const, ids: [id] },
      { domain: "findings" as const, ids: [findingId] },
      ...(isAwaiting ? [{ domain: "approvals" as const, ids: [id] }] : []),
    ],
    // A run that waits is brought forward by whoever approves it.
    after: async () => {
      if (!isAwaiting) await enqueue(advanceRepairs, { repairIds: [id] });
    },
  };
}

/** The very same plan waits already: approving that one is what is needed. */
async function refuseSecond(tx: Tx, where: { nodeId: string; repairId: string; planHash: string }): Promise<void> {
  const waiting = await tx.repair.findFirst({ where: { ...where, state: "awaiting" }, select: { id: true } });
  if (!waiting) return;
  const refusal = {
    en: `This very plan waits for approval already (repair ${waiting.id.slice(-8)}).`,
    zh: `同样的计划已在等待批准（修复 ${waiting.id.slice(-8)}）。`,
  };
  throw refused(`${where.repairId} on ${where.nodeId} waits already`, refusal, { waitingId: waiting.id });
}

/** Whoever starts a repair on a node, or releases one, does so one after the other; its pool is locked first, as everybody does it. */
export async function lockNode(tx: Tx, nodeId: string): Promise<void> {
  const node = await tx.node.findUnique({ where: { id: nodeId }, select: { pool: true } });
  if (node) await lockPools(tx, [node.pool]);
  await tx.$queryRaw(sql`SELECT id FROM node WHERE id = ${nodeId}::uuid FOR NO KEY UPDATE`);
}

/** Starts a repair of a finding. Of two that start at once on one node, one gets `conflict`. */
export const startRepair = mutation({
  name: "repairs.start",
  access: "repairs:request",
  on: "node",
  input: StartRepair,
  async run(args, { findingId, repairId, planHash, override }) {
    const { nodeId } = await args.scope.finding(args.tx, findingId);
    await refuseWhileFrozen(args.tx);
    await lockNode(args.tx, nodeId);
    const wanted = { findingId, repairId, isOverridden: override !== undefined };
    const preview = await planRepair(args.tx, wanted, args.now());
    return preview.hold && override
      ? startRun(args, preview, planHash, { origin: "override", override })
      : startRun(args, preview, planHash);
  },
});

/** Takes a repair back: a run of its own, with the steps worked out from what the repair did. */
export const undoRepair = mutation({
  name: "repairs.undo",
  access: "repairs:request",
  on: "node",
  input: UndoRepair,
  async run(args, { id, planHash }) {
    const { nodeId } = await args.scope.repair(args.tx, id);
    await refuseWhileFrozen(args.tx);
    await lockNode(args.tx, nodeId);
    return startRun(args, await planUndo(args.tx, id, args.now()), planHash, { undoOfId: id });
  },
});
