// Private to accounts: one person's row, and the rule that somebody must be left who can let people in.
import type { Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";

/** Advisory lock: changes that could take away the last administrator wait for one another. */
const ADMINS_LOCK = 7_201;

/** @throws AppError("not_found") */
export async function personById(tx: Tx, id: string) {
  const user = await tx.user.findUnique({
    where: { id },
    select: {
      id: true,
      email: true,
      name: true,
      role: true,
      disabledAt: true,
      grants: { select: { role: true, selector: true, expiresAt: true } },
    },
  });
  if (!user) throw new AppError("not_found", `no account ${id}`, { entity: ["user", id] });
  return user;
}

/** Call it before an enabled administrator stops being one. @throws AppError("conflict") when nobody else is left */
export async function keepAnAdmin(tx: Tx, leaving: string): Promise<void> {
  await tx.$queryRaw(sql`SELECT pg_advisory_xact_lock(${ADMINS_LOCK}::int)::text`);
  const left = await tx.user.count({ where: { role: "admin", disabledAt: null, id: { not: leaving } } });
  if (left === 0)
    throw new AppError("conflict", "this is the last administrator", {
      publicMessage: "This is the last administrator. Make another one first.",
      entity: ["user", leaving],
    });
}
