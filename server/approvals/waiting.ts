// What waits for approval in the caller's part of the fleet, oldest first, and how each stands.

import type { Prisma } from "../../generated/prisma/client.ts";
import type { PlanStatement } from "../../protocol/statement.ts";
import { Risk } from "../../protocol/statement.ts";
import { actorNames } from "../core/actor-names.ts";
import { type Actor, actorRef, type Context } from "../core/context.ts";
import { query } from "../core/verb.ts";
import { repairTitle } from "../repairs/title.ts";
import { ListWaiting, RunRef, type WaitingRun } from "./schema.ts";
import { approvalColumns, approvalState } from "./standing.ts";

const WAITING_MAX = 200;

const columns = {
  ...approvalColumns,
  repairId: true,
  undoOfId: true,
  findingId: true,
  risk: true,
  plan: true,
  requestedBy: true,
  createdAt: true,
  node: { select: { name: true } },
} as const satisfies Prisma.RepairSelect;
type Row = Prisma.RepairGetPayload<{ select: typeof columns }>;

async function toWaiting(db: Context["db"], rows: Row[], actor: Actor, now: Date): Promise<WaitingRun[]> {
  const nameOf = await actorNames(
    db,
    rows.map(({ requestedBy }) => requestedBy),
  );
  return Promise.all(
    rows.map(async (row) => {
      // Written by `start`, from values of these very types.
      const { guards, ...plan } = row.plan as unknown as WaitingRun["plan"] & Pick<WaitingRun, "guards">;
      return {
        id: row.id,
        repairId: row.repairId,
        title: repairTitle(row.repairId, row.undoOfId !== null),
        risk: Risk.catch("destructive" satisfies PlanStatement["risk"]).parse(row.risk),
        nodeId: row.nodeId,
        nodeName: row.node.name,
        findingId: row.findingId,
        undoOfId: row.undoOfId,
        plan,
        guards,
        planHash: row.planHash,
        state: row.state as WaitingRun["state"], // written by the engine
        requestedBy: row.requestedBy,
        requestedByName: nameOf(row.requestedBy),
        isYours: row.requestedBy === actorRef(actor),
        createdAt: row.createdAt,
        approval: await approvalState(db, row, actor, now),
      };
    }),
  );
}

export const waitingRuns = query({
  name: "approvals.waiting",
  access: "repairs:read",
  on: "node",
  input: ListWaiting,
  async run({ db, actor, now, scope }, { findingId }): Promise<WaitingRun[]> {
    const rows = await db.repair.findMany({
      where: { state: "awaiting", node: scope.where, ...(findingId ? { findingId } : {}) },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      take: WAITING_MAX,
      select: columns,
    });
    return toWaiting(db, rows, actor, now());
  },
});

/** One run's approval, also after it was decided (then nothing is left to sign). */
export const getApproval = query({
  name: "approvals.get",
  access: "repairs:read",
  on: "node",
  input: RunRef,
  async run({ db, actor, now, scope }, { id }): Promise<WaitingRun> {
    await scope.repair(db, id);
    const row = await db.repair.findUniqueOrThrow({ where: { id }, select: columns });
    const [shown] = await toWaiting(db, [row], actor, now());
    return shown as WaitingRun; // of one row comes one
  },
});
