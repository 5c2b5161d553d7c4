// The audit trail, newest first.
import { query } from "../core/verb.ts";
import { type AuditList, ListAudit } from "./schema.ts";

export const listAudit = query({
  name: "audit.list",
  access: "audit:read",
  input: ListAudit,
  async run({ db }, { search, page, pageSize }): Promise<AuditList> {
    const text = { contains: search, mode: "insensitive" as const };
    const where = search ? { OR: [{ action: text }, { actorName: text }, { entityId: text }] } : {};
    const [rows, total] = await Promise.all([
      db.auditEvent.findMany({
        where,
        orderBy: [{ at: "desc" }, { id: "desc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: {
          id: true,
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
        },
      }),
      db.auditEvent.count({ where }),
    ]);
    return { rows, total, page, pageSize };
  },
});
