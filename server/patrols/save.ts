// Makes, changes and removes patrols. What a patrol selects is kept within its maker's part of the fleet.
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Actor, Tx } from "../core/context.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { mutation } from "../core/verb.ts";
import { activeChecks } from "../inspections/catalogue.ts";
import { toPatrolRow, visiblePatrol } from "./rows.ts";
import { nextRunAt, triggerError } from "./schedule.ts";
import { PatrolRef, type PatrolRow, SavePatrol, UpdatePatrol } from "./schema.ts";
import { narrowed } from "./select.ts";

/** Patrols there may be. */
const PATROLS_MAX = 500;

function refuse(field: string, text: { en: string; zh: string }): never {
  throw new AppError("invalid", `${field}: ${text.en}`, { publicMessage: text.en, details: { field, refusal: text } });
}

/** Ids of checks that are evaluated: a draft or a retired one is asked by nobody. @throws AppError("invalid") */
export async function knownChecks(tx: Tx, ids: readonly string[]): Promise<string[]> {
  const { checks } = await activeChecks(tx);
  const known = new Set(checks.map(({ id }) => id));
  const stranger = ids.find((id) => !known.has(id));
  if (stranger !== undefined)
    refuse("checkIds", {
      en: `There is no check "${stranger}" that is evaluated.`,
      zh: `没有正在评估的检查项 "${stranger}"。`,
    });
  return [...new Set(ids)];
}

async function dataOf(tx: Tx, input: SavePatrol, { scope, actor, now }: { scope: Scope; actor: Actor; now: Date }) {
  const wrong = triggerError(input.trigger, now);
  if (wrong) refuse("trigger", wrong);
  return {
    name: input.name,
    selector: narrowed(input.selector, scope, actor, "patrols:write"),
    checkIds: await knownChecks(tx, input.checkIds),
    trigger: input.trigger as Prisma.InputJsonObject,
    jitterMs: input.jitterMs,
    isEnabled: input.isEnabled,
    updatedAt: now,
  };
}

/** The name is taken by another one. */
async function requireFree(tx: Tx, name: string, ownId: string | null): Promise<void> {
  const taken = await tx.patrol.findUnique({ where: { name }, select: { id: true } });
  if (taken && taken.id !== ownId)
    throw new AppError("conflict", `a patrol ${name} exists`, { publicMessage: "There is a patrol of this name." });
}

export const createPatrol = mutation({
  name: "patrols.create",
  access: "patrols:write",
  on: "node",
  input: SavePatrol,
  async run({ tx, actor, scope, now }, input) {
    const at = now();
    const data = await dataOf(tx, input, { scope, actor, now: at });
    await requireFree(tx, input.name, null);
    if ((await tx.patrol.count()) >= PATROLS_MAX)
      throw new AppError("conflict", "too many patrols", { publicMessage: `There can be ${PATROLS_MAX} patrols.` });
    const nextAt = input.isEnabled ? nextRunAt(input.trigger, at, at) : null;
    const row = await tx.patrol.create({
      data: { ...data, nextAt, createdBy: actorRef(actor), createdByName: actor.name, createdAt: at },
    });
    return {
      result: toPatrolRow(row, null) satisfies PatrolRow,
      audit: { entity: ["patrol", row.id], after: data },
      changes: [{ domain: "patrols", ids: [row.id] }],
    };
  },
});

export const updatePatrol = mutation({
  name: "patrols.update",
  access: "patrols:write",
  on: "node",
  input: UpdatePatrol,
  async run({ tx, actor, scope, now }, { id, ...input }) {
    const at = now();
    const before = await visiblePatrol(tx, id, actor, "patrols:write");
    const data = await dataOf(tx, input, { scope, actor, now: at });
    await requireFree(tx, input.name, id);
    const nextAt = input.isEnabled ? nextRunAt(input.trigger, before.createdAt, at) : null;
    const row = await tx.patrol.update({ where: { id }, data: { ...data, nextAt } });
    return {
      result: toPatrolRow(row, null) satisfies PatrolRow,
      audit: { entity: ["patrol", id], before, after: data },
      changes: [{ domain: "patrols", ids: [id] }],
    };
  },
});

export const removePatrol = mutation({
  name: "patrols.remove",
  access: "patrols:write",
  on: "node",
  input: PatrolRef,
  async run({ tx, actor }, { id }) {
    const before = await visiblePatrol(tx, id, actor, "patrols:write");
    // A run that goes on is told to stop; what ran stays to be read.
    await tx.patrolRun.updateMany({ where: { patrolId: id, state: "running" }, data: { isCancelRequested: true } });
    await tx.patrol.delete({ where: { id }, select: { id: true } });
    return {
      result: { id },
      audit: { entity: ["patrol", id], before },
      changes: [{ domain: "patrols", ids: [id] }],
    };
  },
});
