// Things that count once: answers of passkeys, codes of the authenticator. Kept outside of transactions, so that a failed try uses them up too.
import { createHash } from "node:crypto";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";

/** True the first time only (within `lifeMs`). */
export async function takeOnce(
  prisma: PrismaClient,
  value: string,
  userId: string,
  purpose: string,
  now: Date,
  lifeMs: number,
): Promise<boolean> {
  const id = createHash("sha256").update(`${purpose}\n${userId}\n${value}`).digest("base64url");
  const expiresAt = new Date(now.getTime() + lifeMs);
  const inserted = await prisma.$executeRaw(sql`
    INSERT INTO challenge AS c (id, user_id, purpose, expires_at) VALUES (${id}, ${userId}, ${purpose}, ${expiresAt})
    ON CONFLICT (id) DO UPDATE SET expires_at = ${expiresAt} WHERE c.expires_at <= ${now}`);
  await prisma.challenge.deleteMany({ where: { expiresAt: { lt: new Date(now.getTime() - 60_000) } } });
  return inserted > 0;
}
