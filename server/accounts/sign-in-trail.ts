// Audit rows of signing in and out. Failures are bounded: the first of a round and the lockout, and no more than so many an hour in all,
// so that nobody floods the trail by guessing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type AuditEntry, type AuditOutcome, writeAudit } from "../core/audit.ts";
import { type Actor, anonymous } from "../core/context.ts";
import { attemptKey } from "./lockout.ts";

/** Rows of failed sign-ins an hour, of accounts that exist and of made-up names each: who makes up names hides no attack on an account. */
const FAILURES_PER_HOUR = 200;

type Person = { id: string; name: string };

const personActor = ({ id, name }: Person): Actor => ({
  kind: "user",
  id,
  name,
  grants: [],
  sessionId: "",
  verifiedAt: null,
  breakGlassUntil: null,
});

async function write(
  prisma: PrismaClient,
  row: { actor: Actor; action: string; at: Date; address: string | null; outcome: AuditOutcome; entry: AuditEntry },
): Promise<void> {
  await writeAudit(prisma, { ...row, requestId: null });
}

export const recordSignIn = (
  prisma: PrismaClient,
  { user, how, address, now }: { user: Person; how: string; address: string | null; now: Date },
): Promise<void> =>
  write(prisma, {
    actor: personActor(user),
    action: "accounts.signIn",
    at: now,
    address,
    outcome: "done",
    entry: { entity: ["user", user.id], after: { how } },
  });

export const recordSignOut = (prisma: PrismaClient, session: { id: string; user: Person }, now: Date): Promise<void> =>
  write(prisma, {
    actor: personActor(session.user),
    action: "accounts.signOut",
    at: now,
    address: null,
    outcome: "done",
    entry: { entity: ["session", session.id] },
  });

/** Called after a failed attempt that was counted. */
export async function recordFailure(
  prisma: PrismaClient,
  { email, address, now }: { email: string; address: string | null; now: Date },
): Promise<void> {
  const key = attemptKey(email);
  const [row, user] = await Promise.all([
    prisma.signInFailure.findUnique({ where: { key }, select: { count: true, lockedUntil: true } }),
    prisma.user.findUnique({ where: { email: email.toLowerCase() }, select: { id: true } }),
  ]);
  const entity = user ? "user" : "address";
  const at = { gt: new Date(now.getTime() - 3_600_000) };
  const recent = await prisma.auditEvent.count({ where: { action: "accounts.signIn", outcome: "denied", entity, at } });
  const isLocked = row?.lockedUntil != null && row.lockedUntil > now;
  if (!row || recent >= FAILURES_PER_HOUR || !(isLocked || row.count === 1)) return;
  await write(prisma, {
    actor: anonymous,
    action: isLocked ? "accounts.lockout" : "accounts.signIn",
    at: now,
    address,
    outcome: "denied",
    // What was typed is not kept: it may be a password.
    entry: {
      entity: [entity, user?.id ?? key.slice(0, 16)],
      after: isLocked ? { until: row.lockedUntil, attempts: row.count } : {},
    },
  });
}
