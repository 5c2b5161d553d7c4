// First start: one admin with a generated password that is shown once, and the token of the local command line.
import { createHash, randomBytes, randomUUID } from "node:crypto";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { ensureSecret } from "../core/secrets.ts";
import { createAuth, FIRST_ADMIN_EMAIL } from "./auth.ts";

/** Letters and digits that are not mistaken for one another. */
const ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";

/** Five groups of four, about 116 bits. */
function generatePassword(): string {
  const pick = (): string => {
    // 224 is the largest multiple of 56 below 256: no letter is likelier than another.
    for (;;) for (const byte of randomBytes(8)) if (byte < 224) return ALPHABET[byte % ALPHABET.length] ?? "";
  };
  return Array.from({ length: 5 }, () => Array.from({ length: 4 }, pick).join("")).join("-");
}

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
  await prisma.session.deleteMany({ where: { userId: user.id } });
  return password;
}

/** sha-256 of a token, hex: what the database keeps. */
export const hashToken = (token: string): string => createHash("sha256").update(token).digest("hex");

/** A new API token; recognisable by scanners through its prefix. */
export const newToken = (): string => `nopt_${randomBytes(32).toString("base64url")}`;

/** The token that `./nodeops` uses on this machine: a file under secrets/, its hash in the database. Idempotent. */
export async function ensureCliToken(prisma: PrismaClient, dataDir: string, now: Date): Promise<string> {
  const token = ensureSecret(dataDir, "cli-token", newToken);
  const hash = hashToken(token);
  await prisma.apiToken.upsert({
    where: { hash },
    create: { name: "local command line", hash, role: "admin", createdBy: "system:up", createdAt: now },
    update: {},
    select: { id: true },
  });
  return token;
}
