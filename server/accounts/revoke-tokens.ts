// Private to accounts: ends API tokens, those of a person or one with all that it made; in the transaction of the reason.
import type { Tx } from "../core/context.ts";

/** `createdBy` of the local command line's token: whoever has it has the machine, so no change of a person's password ends it. */
export const HOST_TOKEN = "system:up";

/** Revokes one token, those it made, those that they made, and so on. @returns how many were still good */
export async function revokeWithDescendants(tx: Tx, id: string, now: Date): Promise<number> {
  let revoked = 0;
  for (let ids = [id]; ids.length > 0; ) {
    const { count } = await tx.apiToken.updateMany({
      where: { id: { in: ids }, revokedAt: null },
      data: { revokedAt: now },
    });
    revoked += count;
    const makers = ids.map((maker) => `token:${maker}`);
    const made = await tx.apiToken.findMany({ where: { createdBy: { in: makers } }, select: { id: true } });
    ids = made.map((token) => token.id);
  }
  return revoked;
}

/** Revokes all tokens of a person; tokens that they made are the same person's. @returns how many were still good */
export async function revokeTokensOf(tx: Tx, ownerId: string, now: Date): Promise<number> {
  const { count } = await tx.apiToken.updateMany({
    where: { ownerId, revokedAt: null, createdBy: { not: HOST_TOKEN } },
    data: { revokedAt: now },
  });
  return count;
}
