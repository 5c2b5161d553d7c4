// Private to accounts: one person's row, and the rule that somebody must be left who can let people in.
import type { Actor, Tx } from "../core/context.ts";
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

/** Whether this role, or any of these grants, is an administrator's. */
export const isAdmin = ({ role, grants }: { role: string | null; grants: readonly { role: string }[] }): boolean =>
  role === "admin" || grants.some((grant) => grant.role === "admin");

/** Call it where an administrator is made or let in anew. @throws AppError("forbidden") for emergency access, which that would outlive */
export function refuseEmergency(actor: Actor, about: string): void {
  if (actor.kind === "user" && actor.breakGlassUntil)
    throw new AppError("forbidden", "not by emergency access", {
      publicMessage: "Emergency access cannot make administrators.",
      entity: ["user", about],
    });
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
