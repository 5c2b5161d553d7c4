// Quarantine: two machines show one identity, so neither is believed. Set by the gateway, ended by `nodes.release`.
import { z } from "zod";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { systemActor } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation } from "../core/verb.ts";
import type { QuarantineReason } from "../nodes/schema.ts";

const quarantine = mutation({
  name: "agents.quarantine",
  access: "nodes:trust",
  on: "fleet",
  input: z.object({ nodeId: z.uuid(), reason: z.enum(["two-sessions", "came-back"] satisfies QuarantineReason[]) }),
  async run({ tx, now }, { nodeId, reason }) {
    const quarantinedAt = now();
    const { count } = await tx.node.updateMany({
      where: { id: nodeId, revokedAt: null, quarantinedAt: null },
      data: { quarantinedAt, quarantineReason: reason },
    });
    if (count === 0) throw new AppError("conflict", "the node is quarantined already, or gone");
    return {
      result: { nodeId },
      audit: { entity: ["node", nodeId], nodeId, after: { quarantinedAt, reason } },
      changes: [{ domain: "nodes", ids: [nodeId] }],
    };
  },
});

/** Does nothing when it is quarantined already. */
export async function quarantineNode(
  db: PrismaClient,
  { nodeId, reason, address }: { nodeId: string; reason: QuarantineReason; address: string },
): Promise<void> {
  const ctx = { db, actor: systemActor("gateway"), now: () => new Date(), requestId: null, address };
  await quarantine.call(ctx, { nodeId, reason }).catch((err: unknown) => {
    if (!(err instanceof AppError && err.code === "conflict")) throw err;
  });
}
