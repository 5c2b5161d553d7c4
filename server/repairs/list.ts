// The list of repairs, newest first; those that run before all others.
import type { Prisma } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import { isUuid, type Scope } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { REPAIRS_ONLY } from "./looks.ts";
import { repairColumns, toRepairRow } from "./rows.ts";
import { ListRepairs, type RepairList } from "./schema.ts";

function whereOf(
  { state, node, search }: { state: "active" | "over" | "all"; node?: string | undefined; search: string },
  scope: Scope,
): Prisma.RepairWhereInput {
  const text = { contains: search, mode: "insensitive" as const };
  const own = node === undefined ? {} : isUuid(node) ? { id: node } : { name: node };
  return {
    ...REPAIRS_ONLY,
    ...(state === "all" ? {} : { endedAt: state === "active" ? null : { not: null } }),
    node: { AND: [own, scope.where] },
    ...(search
      ? {
          OR: [
            { repairId: text },
            { node: { name: text } },
            { finding: { subject: text } },
            { finding: { checkId: text } },
          ],
        }
      : {}),
  };
}

export const listRepairs = query({
  name: "repairs.list",
  access: "repairs:read",
  on: "node",
  input: ListRepairs,
  async run({ db, scope }, { page, pageSize, ...filter }): Promise<RepairList> {
    const where = whereOf(filter, scope);
    const [rows, total] = await Promise.all([
      db.repair.findMany({
        where,
        orderBy: [{ activeKey: { sort: "asc", nulls: "last" } }, { createdAt: "desc" }, { id: "desc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: repairColumns,
      }),
      db.repair.count({ where }),
    ]);
    const nameOf = await actorNames(
      db,
      rows.map(({ requestedBy }) => requestedBy),
    );
    return { rows: rows.map((row) => toRepairRow(row, nameOf)), total, page, pageSize };
  },
});
