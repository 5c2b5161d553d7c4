// Ends a join token before its time. Nodes that joined with it stay.
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import { JoinTokenRef } from "./schema.ts";

export const revokeJoinToken = mutation({
  name: "joinTokens.revoke",
  access: "tokens:write",
  on: "fleet",
  input: JoinTokenRef,
  async run({ tx, now }, { id }) {
    const revokedAt = now();
    const { count } = await tx.joinToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt } });
    if (count === 0 && !(await tx.joinToken.findUnique({ where: { id }, select: { id: true } }))) {
      throw new AppError("not_found", `no join token ${id}`);
    }
    return {
      result: { id },
      audit: { entity: ["join-token", id], after: { revokedAt } },
      changes: [{ domain: "tokens", ids: [id] }],
    };
  },
});
