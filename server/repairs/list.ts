// The list of repairs, newest first; those that run before all others.
import type { Prisma } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import { query } from "../core/verb.ts";
import { repairColumns, toRepairRow } from "./rows.ts";
import { ListRepairs, type RepairList } from "./schema.ts";

function whereOf({
  state,
  node,
  search,
}: {
  state: "active" | "over" | "all";
  node?: string | undefined;
  search: string;
}): Prisma.RepairWhereInput {
  const text = { contains: search, mode: "insensitive" as const };
  const isUuid = node !== undefined && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(node);
  return {
    ...(state === "all" ? {} : { activeKey: state === "active" ? { not: null } : null }),
    ...(node === undefined ? {} : isUuid ? { nodeId: node } : { node: { name: node } }),
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
  input: ListRepairs,
  async run({ db }, { page, pageSize, ...filter }): Promise<RepairList> {
    const where = whereOf(filter);
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
