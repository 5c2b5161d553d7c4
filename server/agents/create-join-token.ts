// Makes a join token: the only moment at which its secret exists in clear.
import { randomBytes } from "node:crypto";
import { mutation } from "../core/verb.ts";
import { readGatewayDetail } from "./gateway-facts.ts";
import { CreateJoinToken, type NewJoinToken } from "./schema.ts";
import { formatToken, hashSecret, joinCommand, newSecret } from "./token.ts";

export const createJoinToken = mutation({
  name: "joinTokens.create",
  access: "tokens:write",
  input: CreateJoinToken,
  async run({ tx, actor, now }, input) {
    const gateway = await readGatewayDetail(tx);
    const id = randomBytes(6).toString("hex");
    const secret = newSecret();
    const createdAt = now();
    const expiresAt = new Date(createdAt.getTime() + input.expiresInMinutes * 60_000);
    const { pool, labels, maxUses, note } = input;
    await tx.joinToken.create({
      data: {
        id,
        secretHash: hashSecret(secret),
        pool,
        labels,
        maxUses,
        note,
        expiresAt,
        createdAt,
        createdBy: actor.name,
      },
      select: { id: true },
    });
    const token = formatToken({ id, secret, ca: gateway.caFingerprint });
    const result: NewJoinToken = {
      id,
      token,
      gatewayUrl: gateway.url,
      caFingerprint: gateway.caFingerprint,
      agentSha256: gateway.agentSha256,
      command: joinCommand({ gatewayUrl: gateway.url, token, agentSha256: gateway.agentSha256 }),
      expiresAt,
    };
    return {
      result,
      audit: { entity: ["join-token", id], after: { pool, labels, maxUses, note, expiresAt } },
      changes: [{ domain: "tokens", ids: [id] }],
    };
  },
});
