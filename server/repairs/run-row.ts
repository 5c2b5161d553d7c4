// Private to the repairs domain: a row as the machine's state (step.ts) and back.
import { Prisma } from "../../generated/prisma/client.ts";
import { repairById } from "../../repairs/index.ts";
import { toJson } from "../core/audit.ts";
import type { Tx } from "../core/context.ts";
import { isLook } from "./looks.ts";
import { timesOf, toOutcome, toPlan } from "./rows.ts";
import { isOver, RepairState } from "./schema.ts";
import type { Rules, Run } from "./step.ts";

export const runColumns = {
  id: true,
  repairId: true,
  nodeId: true,
  findingId: true,
  undoOfId: true,
  plan: true,
  planHash: true,
  state: true,
  step: true,
  outcome: true,
  isCancelRequested: true,
  requestedBy: true,
  origin: true,
  rolloutId: true,
  direction: true,
  rollout: { select: { origin: true, change: true } },
  statement: true,
  approveBy: true,
  startedAt: true,
  verifyingAt: true,
  endedAt: true,
  version: true,
} as const satisfies Prisma.RepairSelect;

export type RunRow = Prisma.RepairGetPayload<{ select: typeof runColumns }>;

/** Somebody else brought the run forward in between. */
export class VersionConflict extends Error {
  override name = "VersionConflict";
}

const ms = (date: Date | null): number | null => date?.getTime() ?? null;
const date = (at: number | null): Date | null => (at === null ? null : new Date(at));

/** Whether a run is a change of a rollout that is no repair of the catalogue. */
export const isChangeRun = ({ repairId }: Pick<RunRow, "repairId">): boolean => repairId.startsWith(CHANGE_PREFIX);
const CHANGE_PREFIX = "change/";

/** Whether the run is one of many: part of a rollout that is more than this very run. */
export const isOfMany = ({ rollout }: Pick<RunRow, "rollout">): boolean =>
  rollout !== null && rollout.origin !== "single";

export const rulesOf = (row: Pick<RunRow, "plan" | "repairId" | "undoOfId" | "approveBy" | "direction">): Rules => ({
  stepCount: toPlan(row.plan).steps.length,
  ...timesOf(repairById(row.repairId)),
  isVerified: row.undoOfId === null && !isChangeRun(row) && !isLook(row),
  isLook: isLook(row),
  // What nobody can say is read on the node, where reading says it: a change is there or it is not.
  isUnknownRead: isChangeRun(row) && row.direction === "apply",
  approveBy: ms(row.approveBy),
});

export const runOf = (row: RunRow): Run => ({
  state: RepairState.parse(row.state),
  step: row.step,
  isCancelRequested: row.isCancelRequested,
  startedAt: ms(row.startedAt),
  verifyingAt: ms(row.verifyingAt),
  endedAt: ms(row.endedAt),
  outcome: toOutcome(row.outcome),
});

/** Stores what `step` made of a row. A run claims its node when it stops waiting and gives it back when it is over. @throws VersionConflict */
export async function storeRun(tx: Tx, row: RunRow, before: Run, run: Run, now: Date): Promise<void> {
  const hasNode = !isLook(row) && run.state !== "awaiting" && !isOver(run.state);
  const { count } = await tx.repair.updateMany({
    where: { id: row.id, version: row.version },
    data: {
      state: run.state,
      step: run.step,
      outcome: run.outcome ? toJson(run.outcome) : Prisma.DbNull,
      isCancelRequested: run.isCancelRequested,
      startedAt: date(run.startedAt),
      verifyingAt: date(run.verifyingAt),
      endedAt: date(run.endedAt),
      ...(before.state === "awaiting" || !hasNode ? { activeKey: hasNode ? row.nodeId : null } : {}),
      version: { increment: 1 },
    },
  });
  if (count !== 1) throw new VersionConflict(`repair ${row.id} changed at ${now.toISOString()}`);
}
