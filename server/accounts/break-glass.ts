// Emergency access: opened on the console's host, used once by its code, over after an hour at most, reviewed by somebody else.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { writeAudit } from "../core/audit.ts";
import { type Change, publishChanges } from "../core/changes.ts";
import { systemActor } from "../core/context.ts";
import { endSessions } from "./end-sessions.ts";
import { hashToken, newToken } from "./one-time.ts";

/** The code must be used within this, ms. */
export const CODE_TTL_MS = 10 * 60_000;
/** Longest and usual time of emergency access, minutes. */
export const BREAK_GLASS_MINUTES_MAX = 60;

export const accountsChanged: Change[] = [{ domain: "accounts", ids: [] }];
const host = systemActor("host");

/**
 * Opens emergency access for one person. Asks the database only: it works while an identity provider is away.
 * @param email whose name it carries; without one the first administrator that is enabled
 * @throws Error in words for the person at the host
 */
export async function openBreakGlass(
  prisma: PrismaClient,
  input: { email?: string; reason: string; minutes: number; now: Date },
): Promise<{ id: string; email: string; code: string; expiresAt: Date }> {
  const { email, reason, minutes, now } = input;
  if (reason.trim().length < 3) throw new Error("say why: --reason");
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > BREAK_GLASS_MINUTES_MAX)
    throw new Error(`minutes: 1 to ${BREAK_GLASS_MINUTES_MAX}`);
  const user = await prisma.user.findFirst({
    where: { disabledAt: null, ...(email === undefined ? { role: "admin" } : { email: email.toLowerCase() }) },
    orderBy: { createdAt: "asc" },
    select: { id: true, email: true },
  });
  if (!user) throw new Error(email === undefined ? "there is no enabled administrator" : `no enabled account ${email}`);
  const code = newToken().replace("nopt_", "nobg_");
  const expiresAt = new Date(now.getTime() + minutes * 60_000);
  return prisma.$transaction(async (tx) => {
    const { id } = await tx.breakGlass.create({
      data: { userId: user.id, reason: reason.trim(), codeHash: hashToken(code), createdAt: now, expiresAt },
      select: { id: true },
    });
    await publishChanges(tx, accountsChanged);
    await writeAudit(tx, {
      actor: host,
      action: "accounts.breakGlass.open",
      at: now,
      requestId: null,
      address: null,
      outcome: "done",
      entry: { entity: ["break-glass", id], after: { user: user.id, reason: reason.trim(), expiresAt } },
    });
    return { id, email: user.email, code, expiresAt };
  });
}

/** Uses a code up. Null when it is wrong, used, too old, or its person is disabled. */
export async function redeemBreakGlass(
  prisma: PrismaClient,
  code: string,
  now: Date,
): Promise<{ id: string; userId: string; expiresAt: Date } | null> {
  const opened = await prisma.breakGlass.findUnique({
    where: { codeHash: hashToken(code) },
    select: { id: true, userId: true, expiresAt: true, createdAt: true },
  });
  if (!opened || opened.expiresAt <= now || now.getTime() - opened.createdAt.getTime() > CODE_TTL_MS) return null;
  const user = await prisma.user.findUnique({
    where: { id: opened.userId },
    select: { name: true, disabledAt: true },
  });
  if (!user || user.disabledAt) return null;
  return prisma.$transaction(async (tx) => {
    const { count } = await tx.breakGlass.updateMany({
      where: { id: opened.id, usedAt: null, endedAt: null },
      data: { usedAt: now, codeHash: null },
    });
    if (count !== 1) return null; // somebody was faster
    await publishChanges(tx, accountsChanged);
    await writeAudit(tx, {
      actor: host,
      action: "accounts.breakGlass.use",
      at: now,
      requestId: null,
      address: null,
      outcome: "done",
      entry: { entity: ["break-glass", opened.id], after: { user: opened.userId, until: opened.expiresAt } },
    });
    return { id: opened.id, userId: opened.userId, expiresAt: opened.expiresAt };
  });
}

/** Ends what has run out and says so in the trail; called by whoever notices. */
export async function endExpired(prisma: PrismaClient, id: string, now: Date): Promise<void> {
  await prisma.$transaction(async (tx) => {
    const { count } = await tx.breakGlass.updateMany({
      where: { id, endedAt: null, expiresAt: { lte: now } },
      data: { endedAt: now, codeHash: null },
    });
    if (count !== 1) return;
    await endSessions(tx, { breakGlassId: id });
    await publishChanges(tx, accountsChanged);
    await writeAudit(tx, {
      actor: systemActor("web"),
      action: "accounts.breakGlass.end",
      at: now,
      requestId: null,
      address: null,
      outcome: "done",
      entry: { entity: ["break-glass", id], after: { because: "expired" } },
    });
  });
}
