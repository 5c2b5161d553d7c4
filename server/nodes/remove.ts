// Takes a node out of the fleet and revokes its certificate; its history stays. Joining again needs a new token.
import { COMMANDS_CHANNEL } from "../core/changes.ts";
import { AppError } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { NodeRef } from "./schema.ts";

export const removeNode = mutation({
  name: "nodes.remove",
  access: "nodes:write",
  on: "node",
  stepUp: true,
  input: NodeRef,
  async run({ tx, now, scope }, { node }) {
    const id = await scope.node(tx, node);
    const at = now();
    const running = await tx.repair.findFirst({ where: { activeKey: id }, select: { id: true } });
    if (running)
      throw new AppError("conflict", `repair ${running.id} runs on ${node}`, {
        publicMessage: "A repair runs on this node. Wait for it or cancel it first.",
      });
    const before = await tx.node.findUniqueOrThrow({
      where: { id },
      select: { name: true, pool: true, zone: true, machineId: true },
    });
    // The name is set free, so that the machine can come back under it as a new node.
    await tx.node.update({
      where: { id },
      data: { revokedAt: at, isConnected: false, name: `${before.name}~removed~${id.slice(-12)}` },
      select: { id: true },
    });
    await tx.finding.updateMany({
      where: { nodeId: id, state: { not: "closed" } },
      data: { state: "closed", closedAt: at, closeReason: "node-removed", liveKey: null },
    });
    await tx.container.deleteMany({ where: { nodeId: id } });
    // Gateways look at revocation when they are woken; their poll finds it otherwise.
    await tx.$executeRaw(sql`SELECT pg_notify(${COMMANDS_CHANNEL}, ${id})`);
    return {
      result: { id, name: before.name },
      audit: { entity: ["node", id], nodeId: id, before },
      changes: [
        { domain: "nodes", ids: [id] },
        { domain: "findings", ids: [] },
        { domain: "containers", ids: [] },
      ],
    };
  },
});
