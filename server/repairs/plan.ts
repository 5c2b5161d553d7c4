// From a finding and stored facts to guards, plan and hash; shared by preview, start and their undo forms.
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { CommandAction, CommandResult } from "../../protocol/commands.ts";
import type { Text } from "../../protocol/text.ts";
import { planRisk } from "../../repairs/action-risk.ts";
import {
  type DoneStep,
  type Guard,
  type Plan,
  type RepairContext,
  type RepairDefinition,
  verifiedChecks,
} from "../../repairs/define.ts";
import { repairById, repairsForCheck } from "../../repairs/index.ts";
import { planHashOf, undoRepairId } from "../../repairs/plan-hash.ts";
import { modeOf } from "../check-modes/modes.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { FindingState, isPresent } from "../findings/schema.ts";
import { readNodeView } from "../inspections/facts.ts";
import { holdColumns, holdOf } from "./hold.ts";
import { refusals } from "./refusals.ts";
import { toPlan } from "./rows.ts";
import type { RepairPreview } from "./schema.ts";

type Db = PrismaClient | Tx;

/** What to say when a guard does not hold; null when all do. */
export function firstRefusal(guards: readonly Guard[]): Text | null {
  const failed = guards.find(({ ok }) => !ok);
  if (!failed) return null;
  return {
    en: `A condition does not hold: ${failed.title.en} (${failed.detail}).`,
    zh: `条件不满足：${failed.title.zh}（${failed.detail}）。`,
  };
}

/** Another repair, a silent node or an incident: what may be over in a while, with the plan still the same. */
export const isPassing = ({ refusal, hold }: Pick<RepairPreview, "refusal" | "hold">): boolean =>
  refusal === refusals.busy || refusal === refusals.offline || (hold !== null && refusal === hold.text);

const notFound = (what: string, publicMessage: string) => new AppError("not_found", `no ${what}`, { publicMessage });

async function loadFinding(db: Db, id: string) {
  const found = await db.finding.findUnique({
    where: { id },
    select: {
      id: true,
      nodeId: true,
      checkId: true,
      subject: true,
      params: true,
      state: true,
      node: {
        select: {
          isConnected: true,
          pool: true,
          repairs: { where: { activeKey: { not: null } }, select: { id: true }, take: 1 },
        },
      },
      incident: holdColumns,
    },
  });
  if (!found) throw notFound(`finding ${id}`, "There is no such finding.");
  return found;
}

type Finding = Awaited<ReturnType<typeof loadFinding>>;

async function contextOf(db: Db, finding: Finding, now: Date): Promise<RepairContext> {
  const view = await readNodeView(db, finding.nodeId, now);
  if (!view) throw notFound(`node ${finding.nodeId}`, "The node was removed.");
  const { checkId, subject, params } = finding;
  // Written by the check as a record.
  return {
    node: view.node,
    finding: { checkId, subject, params: params as Record<string, unknown> },
    facts: view.facts,
    now: view.now,
  };
}

function previewOf(
  definition: RepairDefinition,
  finding: Finding,
  ctx: RepairContext,
  parts: Pick<RepairPreview, "guards" | "plan" | "nothing" | "refusal" | "hold">,
): RepairPreview {
  const { id: findingId, nodeId } = finding;
  const refusal = parts.refusal ?? invalidAction(parts.plan);
  return {
    findingId,
    repairId: definition.id,
    title: definition.title,
    risk: parts.plan ? planRisk(definition, parts.plan) : definition.risk,
    nodeId,
    nodeName: ctx.node.name,
    planHash: planHashOf({ nodeId, findingId, repairId: definition.id, plan: parts.plan }),
    canStart: refusal === null && parts.plan !== null,
    verifies: verifiedChecks(definition, finding.checkId).map((checkId) => ({
      checkId,
      title: checkById(checkId)?.title ?? { en: checkId, zh: checkId },
    })),
    settleMs: definition.settleMs,
    verifyWithinMs: definition.verifyWithinMs,
    hasUndo: definition.undo !== undefined,
    ...parts,
    refusal,
  };
}

/** What can not be signed is not offered: names from a node may hold what a command's parameters do not allow. */
function invalidAction(plan: Plan | null): Text | null {
  const actions = plan
    ? [{ type: "evidence.capture", params: plan.evidence }, ...plan.steps.map(({ action }) => action)]
    : [];
  for (const action of actions) {
    const issue = CommandAction.safeParse(action).error?.issues[0];
    if (!issue) continue;
    const where = `${action.type}, ${issue.path.join(".")}: ${issue.message}`;
    return {
      en: `The plan holds a step that no agent would take (${where}).`,
      zh: `计划中有代理不会接受的步骤（${where}）。`,
    };
  }
  return null;
}

/**
 * What a repair would do now. Without `repairId`: of those that the check allows the first one whose guards hold, else the first.
 * @param input.isOverridden a person wants it although an incident holds it
 * @throws AppError("not_found" | "invalid")
 */
export async function planRepair(
  db: Db,
  input: { findingId: string; repairId?: string | undefined; isOverridden?: boolean },
  now: Date,
): Promise<RepairPreview> {
  const finding = await loadFinding(db, input.findingId);
  const allowed = repairsForCheck(finding.checkId);
  const wanted = input.repairId === undefined ? allowed : allowed.filter(({ id }) => id === input.repairId);
  if (wanted.length === 0) {
    throw new AppError("invalid", `no repair ${input.repairId ?? ""} for ${finding.checkId}`, {
      publicMessage: "This finding offers no such repair.",
    });
  }
  const ctx = await contextOf(db, finding, now);
  const isObserved = (await modeOf(db, finding.checkId, { id: finding.nodeId, pool: finding.node.pool })) === "observe";
  const hold = holdOf(finding.incident);
  const held = input.isOverridden ? null : (hold?.text ?? null);
  const previews = wanted.map((definition) => {
    const guards = definition.guards(ctx);
    const planned = definition.plan(ctx);
    const plan = "nothing" in planned ? null : planned;
    const nothing = "nothing" in planned ? planned.nothing : null;
    return previewOf(definition, finding, ctx, {
      guards,
      plan,
      nothing,
      refusal: standing(finding) ?? (isObserved ? refusals.observed : null) ?? firstRefusal(guards) ?? nothing ?? held,
      hold,
    });
  });
  return previews.find(({ canStart }) => canStart) ?? (previews[0] as RepairPreview); // `wanted` is not empty
}

/** What speaks against any repair of this finding. */
function standing({ state, node }: Finding): Text | null {
  if (!isPresent(FindingState.parse(state))) return refusals.closed;
  if (node.repairs.length > 0) return refusals.busy;
  return node.isConnected ? null : refusals.offline;
}

/**
 * What taking a repair back would do now, from the results of its steps.
 * @param ownRun the undo's run, when it exists already and waits for approval
 * @throws AppError("not_found" | "conflict")
 */
export async function planUndo(db: Db, id: string, now: Date, ownRun?: string): Promise<RepairPreview> {
  const row = await db.repair.findUnique({
    where: { id },
    select: {
      repairId: true,
      undoOfId: true,
      findingId: true,
      plan: true,
      activeKey: true,
      commands: { where: { role: "step" }, orderBy: { stepIndex: "asc" }, select: { stepIndex: true, result: true } },
    },
  });
  if (!row) throw notFound(`repair ${id}`, "There is no such repair.");
  const definition = repairById(row.repairId);
  if (!definition?.undo || row.undoOfId !== null || row.findingId === null) {
    throw new AppError("conflict", `repair ${id} has no undo`, { publicMessage: "This repair has no undo." });
  }
  const finding = await loadFinding(db, row.findingId);
  const ctx = await contextOf(db, finding, now);
  const steps = definition.undo(ctx, doneSteps(toPlan(row.plan), row.commands));
  const undone = await db.repair.count({
    where: { undoOfId: id, state: { notIn: ["failed", "cancelled"] }, ...(ownRun ? { id: { not: ownRun } } : {}) },
  });
  const plan: Plan | null =
    steps.length === 0 ? null : { evidence: { sections: ["kmsg"] }, steps, touches: undoTouches(steps.length) };
  const refusal =
    row.activeKey !== null
      ? refusals.notOver
      : undone > 0
        ? refusals.undone
        : finding.node.repairs.length > 0
          ? refusals.busy
          : finding.node.isConnected
            ? null
            : refusals.offline;
  const nothing = plan ? null : refusals.nothingToUndo;
  const preview = previewOf(definition, finding, ctx, {
    guards: [],
    plan,
    nothing,
    refusal: refusal ?? nothing,
    hold: null,
  });
  const title = { en: `Undo: ${definition.title.en}`, zh: `撤销：${definition.title.zh}` };
  return {
    ...preview,
    title,
    verifies: [],
    hasUndo: false,
    planHash: planHashOf({ nodeId: finding.nodeId, findingId: finding.id, repairId: undoRepairId(id), plan }),
  };
}

const undoTouches = (count: number): Text => ({
  en: `Takes back what the repair changed, in ${count} ${count === 1 ? "step" : "steps"}, last change first.`,
  zh: `按相反顺序分 ${count} 步撤回该修复所做的更改。`,
});

/** Steps of a plan that have a result. */
export function doneSteps(plan: Plan, commands: readonly { stepIndex: number; result: unknown }[]): DoneStep[] {
  return commands.flatMap(({ stepIndex, result }) => {
    const step = plan.steps[stepIndex];
    const parsed = CommandResult.safeParse(result);
    return step && parsed.success ? [{ step, result: parsed.data }] : [];
  });
}
