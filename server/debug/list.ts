// Reports of the fleet, a node or a container, newest first.
import type { Prisma } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import { isUuid } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { REPORT } from "../repairs/looks.ts";
import { debugColumns, toDebugRow } from "./rows.ts";
import { type DebugList, ListDebug } from "./schema.ts";

export const listDebug = query({
  name: "debug.list",
  access: "debug:run",
  on: "node",
  input: ListDebug,
  async run({ db, scope }, { node, container, page, pageSize }): Promise<DebugList> {
    const own = node === undefined ? {} : isUuid(node) ? { id: node.toLowerCase() } : { name: node };
    const where: Prisma.RepairWhereInput = {
      repairId: REPORT,
      node: { AND: [own, scope.where] },
      ...(container === undefined ? {} : { subject: container }),
    };
    const [rows, total] = await Promise.all([
      db.repair.findMany({
        where,
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: debugColumns,
      }),
      db.repair.count({ where }),
    ]);
    const nameOf = await actorNames(
      db,
      rows.map(({ requestedBy }) => requestedBy),
    );
    const ids = rows.map(({ subject }) => subject).filter((id) => id !== "");
    const named = await db.container.findMany({ where: { id: { in: ids } }, select: { id: true, name: true } });
    const names = new Map(named.map(({ id, name }) => [id, name]));
    return { rows: rows.map((row) => toDebugRow(row, nameOf, names.get(row.subject) ?? null)), total, page, pageSize };
  },
});
