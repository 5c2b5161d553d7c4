// Private to the rollouts domain: which rollouts somebody may see, and which they may act on. A rollout belongs to its nodes.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import type { Scope } from "../core/scope.ts";
import { type Sql, sql } from "../core/sql.ts";

type Db = PrismaClient | Tx;

/** Condition on `rollout r`: one of its nodes lies in the scope. */
export const isVisible = (scope: Scope): Sql =>
  scope.isWhole
    ? sql`true`
    : sql`EXISTS (SELECT FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE t.rollout_id = r.id AND ${scope.sql("n")})`;

const none = (id: string, isForeign: boolean) =>
  new AppError("not_found", `no rollout ${id}`, {
    publicMessage: "There is no such rollout.",
    entity: ["rollout", id],
    isForeign,
  });

/** @throws AppError("not_found") when there is none that the scope shows */
export async function requireVisible(db: Db, scope: Scope, id: string): Promise<void> {
  const [row] = await db.$queryRaw<{ isVisible: boolean }[]>(
    sql`SELECT ${isVisible(scope)} AS "isVisible" FROM rollout r WHERE r.id = ${id}::uuid`,
  );
  if (!row?.isVisible) throw none(id, row !== undefined);
}

/** @throws AppError("not_found" | "forbidden") unless all of its nodes lie in the scope */
export async function requireAll(db: Db, scope: Scope, id: string): Promise<void> {
  await requireVisible(db, scope, id);
  if (scope.isWhole) return;
  const rows = await db.$queryRaw<unknown[]>(sql`
    SELECT 1 FROM rollout_target t JOIN node n ON n.id = t.node_id WHERE t.rollout_id = ${id}::uuid AND NOT ${scope.sql("n")} LIMIT 1`);
  if (rows.length > 0)
    throw new AppError("forbidden", `rollout ${id} has nodes elsewhere`, {
      publicMessage: "It has nodes that are not yours to act on.",
      entity: ["rollout", id],
    });
}
