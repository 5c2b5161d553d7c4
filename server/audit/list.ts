// The audit trail, newest first, with counts for the filter menus.
import type { Prisma } from "../../generated/prisma/client.ts";
import { query } from "../core/verb.ts";
import { type AuditList, ListAudit } from "./schema.ts";

const FACETS_MAX = 100;

function conditions({ search, action, actor, outcome, entity, entityId, from, to }: ListAudit) {
  const text = { contains: search, mode: "insensitive" as const };
  const base: Prisma.AuditEventWhereInput = {
    ...(search ? { OR: [{ action: text }, { actorName: text }, { entityId: text }, { address: text }] } : {}),
    ...(entity ? { entity } : {}),
    ...(entityId ? { entityId } : {}),
    ...(from || to ? { at: { ...(from ? { gte: from } : {}), ...(to ? { lt: to } : {}) } } : {}),
  };
  const chosen = {
    action: action.length > 0 ? { action: { in: action } } : {},
    actor: actor.length > 0 ? { actor: { in: actor } } : {},
    outcome: outcome.length > 0 ? { outcome: { in: outcome } } : {},
  } satisfies Record<string, Prisma.AuditEventWhereInput>;
  return { base, chosen };
}

export const listAudit = query({
  name: "audit.list",
  access: "audit:read",
  on: "fleet",
  input: ListAudit,
  async run({ db }, input): Promise<AuditList> {
    const { page, pageSize } = input;
    const { base, chosen } = conditions(input);
    const where = { ...base, ...chosen.action, ...chosen.actor, ...chosen.outcome };
    /** Under all the other filters, so that a menu shows what choosing would give. */
    const [rows, total, actions, actors, outcomes] = await Promise.all([
      db.auditEvent.findMany({
        where,
        orderBy: { seq: "desc" },
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: {
          id: true,
          seq: true,
          at: true,
          actor: true,
          actorName: true,
          action: true,
          entity: true,
          entityId: true,
          nodeId: true,
          outcome: true,
          before: true,
          after: true,
          requestId: true,
          address: true,
          prevHash: true,
          hash: true,
        },
      }),
      db.auditEvent.count({ where }),
      db.auditEvent.groupBy({
        by: "action",
        where: { ...base, ...chosen.actor, ...chosen.outcome },
        _count: true,
        orderBy: [{ _count: { action: "desc" } }, { action: "asc" }],
        take: FACETS_MAX,
      }),
      db.auditEvent.groupBy({
        by: ["actor", "actorName"],
        where: { ...base, ...chosen.action, ...chosen.outcome },
        _count: true,
        orderBy: [{ _count: { actor: "desc" } }, { actor: "asc" }],
        take: FACETS_MAX,
      }),
      db.auditEvent.groupBy({
        by: "outcome",
        where: { ...base, ...chosen.action, ...chosen.actor },
        _count: true,
        orderBy: { outcome: "asc" },
      }),
    ]);
    return {
      rows: rows.map((row) => ({ ...row, seq: Number(row.seq) })),
      total,
      page,
      pageSize,
      facets: {
        action: actions.map((row) => ({ value: row.action, count: row._count })),
        actor: actors.map((row) => ({ value: row.actor, name: row.actorName, count: row._count })),
        outcome: outcomes.map((row) => ({ value: row.outcome, count: row._count })),
      },
    };
  },
});
