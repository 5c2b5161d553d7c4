// One repair with its plan, its commands as they happened, and how its checks stand.

import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { CommandResult } from "../../protocol/commands.ts";
import { verifiedChecks } from "../../repairs/define.ts";
import { repairById } from "../../repairs/index.ts";
import { approvalState, standingOf } from "../approvals/standing.ts";
import { actorNames } from "../core/actor-names.ts";
import { query } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { statusNow } from "../inspections/outcomes.ts";
import { doneSteps } from "./plan.ts";
import { repairColumns, timesOf, toPlan, toRepairRow } from "./rows.ts";
import { isOver, type RepairCommandRow, type RepairDetail, RepairRef } from "./schema.ts";
import { canCancel } from "./step.ts";
import { verifyRepair } from "./verify-run.ts";

const columns = {
  ...repairColumns,
  planHash: true,
  statement: true,
  approveBy: true,
  verifyingAt: true,
  isCancelRequested: true,
  commands: {
    orderBy: { generation: "asc" },
    select: {
      id: true,
      role: true,
      stepIndex: true,
      type: true,
      params: true,
      state: true,
      generation: true,
      issuedAt: true,
      expiresAt: true,
      acceptedAt: true,
      endedAt: true,
      result: true,
    },
  },
} as const;

export const getRepair = query({
  name: "repairs.get",
  access: "repairs:read",
  on: "node",
  input: RepairRef,
  async run({ db, actor, now, scope }, { id }): Promise<RepairDetail> {
    await scope.repair(db, id);
    const found = await db.repair.findUniqueOrThrow({ where: { id }, select: columns });
    const { planHash, statement: _statement, approveBy: _approveBy, ...shown } = found;
    const { verifyingAt, isCancelRequested, commands, ...rest } = shown;
    const standing = found.statement === null ? null : await standingOf(db, found, now());
    const row = toRepairRow(rest, await actorNames(db, [rest.requestedBy]));
    const plan = toPlan(found.plan);
    const definition = repairById(row.repairId);
    const undone = await db.repair.findFirst({
      where: { undoOfId: id, state: { notIn: ["failed", "cancelled"] } },
      select: { id: true },
    });
    const steps = commands.filter(({ role }) => role === "step");
    const hasChanged = doneSteps(plan, steps).some(({ result }) => result.changed);
    const { guards, ...planned } = plan;
    return {
      ...row,
      approval: row.state === "awaiting" ? await approvalState(db, found, actor, now()) : null,
      approvedBy: standing?.given ?? [],
      plan: planned,
      planHash,
      guards,
      commands: commands.map(toCommandRow),
      verifyingAt,
      verifies: row.isUndo ? [] : await verifiesOf(db, found, row, now()),
      ...timesOf(definition),
      undoOfId: found.undoOfId,
      undoneById: undone?.id ?? null,
      canUndo:
        isOver(row.state) &&
        definition?.undo !== undefined &&
        !row.isUndo &&
        undone === null &&
        hasChanged &&
        row.findingId !== null,
      canCancel: canCancel({ state: row.state, step: row.step, isCancelRequested }, row.stepCount),
    };
  },
});

type Raw = Parameters<typeof verifyRepair>[1];
type CommandRaw = Omit<RepairCommandRow, "role" | "state" | "result"> & {
  role: string;
  state: string;
  result: unknown;
};

function toCommandRow({ role, state, result, ...raw }: CommandRaw): RepairCommandRow {
  const parsed = CommandResult.safeParse(result);
  return {
    ...raw,
    role: role === "evidence" ? "evidence" : "step",
    state: state as RepairCommandRow["state"], // written by us and by ingest, from that very list
    result: parsed.success ? parsed.data : null,
  };
}

/** Before the verification nothing is known; during it the checks are asked as the engine asks them; a success proved them green. */
async function verifiesOf(
  db: PrismaClient,
  raw: Raw,
  row: { repairId: string; nodeId: string; state: RepairDetail["state"] },
  now: Date,
): Promise<RepairDetail["verifies"]> {
  const definition = repairById(row.repairId);
  const verifies = (definition ? verifiedChecks(definition, raw.finding?.checkId) : []).map((checkId) => ({
    checkId,
    title: checkById(checkId)?.title ?? { en: checkId, zh: checkId },
  }));
  if (row.state === "verifying") return (await verifyRepair(db, raw, now)).checks;
  if (row.state === "succeeded") return verifies.map((check) => ({ ...check, status: "ok", reason: "" }));
  if (raw.verifyingAt === null) return verifies.map((check) => ({ ...check, status: null, reason: "" }));
  const stored = await db.nodeInspection.findUnique({
    where: { nodeId: row.nodeId },
    select: { problems: true, unknowns: true, digest: true },
  });
  if (!stored) return verifies.map((check) => ({ ...check, status: null, reason: "" }));
  const { hash } = await activeChecks(db);
  return verifies.map((check) => {
    const { status, reason } = statusNow(stored, check.checkId, hash);
    return { ...check, status, reason };
  });
}
