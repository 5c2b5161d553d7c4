// Rollouts to be begun again: what, where, how, under a name.
import { z } from "zod";
import { parseChange } from "../../changes/list.ts";
import { toJson } from "../core/audit.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { PlanRollout, RolloutRef, SaveTemplate, type TemplateRow } from "./schema.ts";

const TEMPLATES_MAX = 500;

function toTemplate(row: {
  id: string;
  name: string;
  definition: unknown;
  createdByName: string;
  updatedAt: Date;
}): TemplateRow[] {
  const parsed = PlanRollout.safeParse(row.definition);
  if (!parsed.success) return []; // of another version
  const change = parseChange(parsed.data.change);
  const { kind } = parsed.data.change;
  const summary = "error" in change ? { en: kind, zh: kind } : change.definition.summary(change.params);
  return [{ ...row, definition: parsed.data, summary }];
}

const columns = { id: true, name: true, definition: true, createdByName: true, updatedAt: true } as const;

export const listTemplates = query({
  name: "rollouts.templates",
  access: "rollouts:run",
  on: "fleet",
  input: z.void(),
  async run({ db }): Promise<TemplateRow[]> {
    const rows = await db.rolloutTemplate.findMany({ orderBy: { name: "asc" }, take: TEMPLATES_MAX, select: columns });
    return rows.flatMap(toTemplate);
  },
});

/** Saves under its name; an older one of that name is replaced. */
export const saveTemplate = mutation({
  name: "rollouts.saveTemplate",
  access: "rollouts:run",
  on: "fleet",
  input: SaveTemplate,
  async run({ tx, actor, now }, { name, definition }) {
    const change = parseChange(definition.change);
    if ("error" in change)
      throw new AppError("invalid", `template: ${change.error}`, {
        publicMessage: `This change cannot be read: ${change.error}`,
      });
    const at = now();
    const before = await tx.rolloutTemplate.findUnique({ where: { name }, select: { id: true, definition: true } });
    if (!before && (await tx.rolloutTemplate.count()) >= TEMPLATES_MAX)
      throw new AppError("conflict", "too many templates", {
        publicMessage: `There can be ${TEMPLATES_MAX} templates.`,
      });
    const data = { definition: toJson(definition), updatedAt: at };
    const by = { createdBy: actorRef(actor), createdByName: actor.name, createdAt: at };
    const row = await tx.rolloutTemplate.upsert({
      where: { name },
      create: { name, ...data, ...by },
      update: data,
      select: columns,
    });
    return {
      result: { id: row.id },
      audit: { entity: ["rolloutTemplate", row.id], before: before?.definition, after: { name, definition } },
      changes: [{ domain: "rollouts", ids: [] }],
    };
  },
});

export const removeTemplate = mutation({
  name: "rollouts.removeTemplate",
  access: "rollouts:run",
  on: "fleet",
  input: RolloutRef,
  async run({ tx }, { id }) {
    const row = await tx.rolloutTemplate.findUnique({ where: { id }, select: { name: true, definition: true } });
    if (!row) throw new AppError("not_found", `no template ${id}`, { publicMessage: "There is no such template." });
    await tx.rolloutTemplate.delete({ where: { id }, select: { id: true } });
    return {
      result: { id },
      audit: { entity: ["rolloutTemplate", id], before: row },
      changes: [{ domain: "rollouts", ids: [] }],
    };
  },
});
