// Shells of the fleet or of a node, newest first: who asked for them, why, and how they ended.
import type { Prisma } from "../../generated/prisma/client.ts";
import { isUuid } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { runsOf, shellColumns, toShellRow } from "./rows.ts";
import { ListShells, type ShellList } from "./schema.ts";

export const listShells = query({
  name: "shells.list",
  access: "shells:read",
  on: "node",
  input: ListShells,
  async run({ db, actor, scope }, { node, state, page, pageSize }): Promise<ShellList> {
    const own = node === undefined ? {} : isUuid(node) ? { id: node.toLowerCase() } : { name: node };
    const where: Prisma.ShellWhereInput = {
      node: { AND: [own, scope.where] },
      ...(state === "live" ? { state: { in: ["awaiting", "open"] } } : {}),
    };
    const [rows, total] = await Promise.all([
      db.shell.findMany({
        where,
        orderBy: [{ createdAt: "desc" }, { id: "desc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: shellColumns,
      }),
      db.shell.count({ where }),
    ]);
    const runs = await runsOf(
      db,
      rows.map(({ id }) => id),
    );
    return { rows: rows.map((row) => toShellRow(row, runs.get(row.id), actor)), total, page, pageSize };
  },
});
