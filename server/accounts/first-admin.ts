// First start: one admin with a generated password that is shown once, and the token of the local command line.
import { randomUUID } from "node:crypto";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { permissions } from "../core/access.ts";
import { writeAudit } from "../core/audit.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { ensureSecret } from "../core/secrets.ts";
import { createAuth, FIRST_ADMIN_EMAIL } from "./auth.ts";
import { endSessions } from "./end-sessions.ts";
import { attemptKey, presenceKey } from "./lockout.ts";
import { generatePassword, hashToken, newToken } from "./one-time.ts";
import { HOST_TOKEN, revokeTokensOf } from "./revoke-tokens.ts";

/**
 * Makes the admin when there is no user at all.
 * @returns its e-mail address and password, or null when accounts exist already (the password is stored as a hash only)
 */
export async function ensureFirstAdmin(
  prisma: PrismaClient,
  secret: string,
): Promise<{ email: string; password: string } | null> {
  if ((await prisma.user.count()) > 0) return null;
  const auth = createAuth({ prisma, secret, publicUrl: "http://127.0.0.1" });
  const { password: hasher } = await auth.$context;
  const password = generatePassword();
  const id = randomUUID();
  const hash = await hasher.hash(password);
  await prisma.$transaction(async (tx) => {
    await tx.user.create({
      data: {
        id,
        email: FIRST_ADMIN_EMAIL,
        name: "Admin",
        emailVerified: true,
        role: "admin",
        accounts: { create: { id: randomUUID(), providerId: "credential", accountId: id, password: hash } },
      },
      select: { id: true },
    });
    await record(tx, "accounts.createPerson", id, { email: FIRST_ADMIN_EMAIL, role: "admin" });
  });
  return { email: FIRST_ADMIN_EMAIL, password };
}

/** Whoever works on this machine itself. */
const record = (tx: Tx, action: string, userId: string, after: unknown): Promise<void> =>
  writeAudit(tx, {
    actor: systemActor("host"),
    action,
    at: new Date(),
    requestId: null,
    outcome: "done",
    entry: { entity: ["user", userId], after },
  });

/**
 * Sets a new generated password for an account that exists (`./nodeops reset-password`); all its sessions end and its tokens are revoked, all but
 * that of the local command line. @throws Error when there is none
 */
export async function resetPassword(prisma: PrismaClient, secret: string, typed: string): Promise<string> {
  const email = typed.trim().toLowerCase();
  const auth = createAuth({ prisma, secret, publicUrl: "http://127.0.0.1" });
  const { password: hasher } = await auth.$context;
  const user = await prisma.user.findUnique({ where: { email }, select: { id: true } });
  if (!user) throw new Error(`there is no account ${email}`);
  const password = generatePassword();
  const hash = await hasher.hash(password);
  await prisma.$transaction(async (tx) => {
    const { count } = await tx.account.updateMany({
      where: { userId: user.id, providerId: "credential" },
      data: { password: hash, updatedAt: new Date() },
    });
    if (count === 0) throw new Error(`${email} signs in with the identity provider`);
    await endSessions(tx, { userId: user.id });
    const revokedTokens = await revokeTokensOf(tx, user.id, new Date());
    await tx.signInFailure.deleteMany({ where: { key: { in: [attemptKey(email), presenceKey(user.id)] } } });
    await record(tx, "accounts.resetPerson", user.id, { password: "generated", revokedTokens });
  });
  return password;
}

/**
 * The token that `./nodeops` uses on this machine: a file under secrets/, its hash in the database. Idempotent.
 * It belongs to the first administrator that is enabled: two-person rules count it as that person. Call it after `ensureFirstAdmin`.
 */
export async function ensureCliToken(prisma: PrismaClient, dataDir: string, now: Date): Promise<string> {
  const token = ensureSecret(dataDir, "launcher", "cli-token", newToken);
  const hash = hashToken(token);
  const owner = await prisma.user.findFirst({
    where: { role: "admin", disabledAt: null },
    orderBy: { createdAt: "asc" },
    select: { id: true },
  });
  const ownerId = owner?.id ?? null;
  // By name, since a token without scopes is not good for what people must confirm.
  const scopes = Object.keys(permissions);
  await prisma.apiToken.upsert({
    where: { hash },
    create: { name: "local command line", hash, role: "admin", scopes, ownerId, createdBy: HOST_TOKEN, createdAt: now },
    update: { ownerId, scopes },
    select: { id: true },
  });
  return token;
}
