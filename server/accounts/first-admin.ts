// First start: one admin with a generated password that is shown once, and the token of the local command line.
import { randomUUID } from "node:crypto";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { ensureSecret } from "../core/secrets.ts";
import { createAuth, FIRST_ADMIN_EMAIL } from "./auth.ts";
import { endSessions } from "./end-sessions.ts";
import { attemptKey } from "./lockout.ts";
import { generatePassword, hashToken, newToken } from "./one-time.ts";

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
  await prisma.user.create({
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
  return { email: FIRST_ADMIN_EMAIL, password };
}

/** Sets a new generated password for an account that exists (`./nodeops reset-password`); all its sessions end. @throws Error when there is none */
export async function resetPassword(prisma: PrismaClient, secret: string, email: string): Promise<string> {
  const auth = createAuth({ prisma, secret, publicUrl: "http://127.0.0.1" });
  const { password: hasher, internalAdapter } = await auth.$context;
  const user = await prisma.user.findUnique({ where: { email }, select: { id: true } });
  if (!user) throw new Error(`there is no account ${email}`);
  const password = generatePassword();
  await internalAdapter.updatePassword(user.id, await hasher.hash(password));
  await endSessions(prisma, { userId: user.id });
  await prisma.signInFailure.deleteMany({ where: { key: attemptKey(email) } });
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
  await prisma.apiToken.upsert({
    where: { hash },
    create: { name: "local command line", hash, role: "admin", ownerId, createdBy: "system:up", createdAt: now },
    update: { ownerId },
    select: { id: true },
  });
  return token;
}
