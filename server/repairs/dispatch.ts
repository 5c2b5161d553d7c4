// Queues the commands of a repair: a row that the dispatcher – the only holder of the signing key – judges and signs or refuses (server/dispatch).
import { v7 as uuidv7 } from "uuid";
import { CommandAction } from "../../protocol/commands.ts";
import { toJson } from "../core/audit.ts";
import { QUEUED_CHANNEL } from "../core/changes.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";

export type Order = {
  repairId: string;
  nodeId: string;
  role: "evidence" | "step";
  stepIndex: number;
  action: CommandAction;
};

/**
 * Writes one command in state `queued` and wakes the dispatcher when the transaction commits. Each step of a repair has one command, ever: a second
 * one fails on its unique key and takes the transaction with it.
 */
export async function dispatch(
  tx: Tx,
  { repairId, nodeId, role, stepIndex, action }: Order,
  now: Date,
): Promise<string> {
  // Keeps the row apart from the node's others until the dispatcher gives it the generation that is signed.
  const { generation } = await tx.node.update({
    where: { id: nodeId },
    data: { generation: { increment: 1 } },
    select: { generation: true },
  });
  const { type, params } = CommandAction.parse(action);
  const id = uuidv7();
  await tx.command.create({
    data: {
      id,
      repairId,
      nodeId,
      role,
      stepIndex,
      type,
      params: toJson(params),
      generation,
      state: "queued",
      queuedAt: now,
    },
    select: { id: true },
  });
  await tx.$executeRaw(sql`SELECT pg_notify(${QUEUED_CHANNEL}, ${nodeId})`);
  return id;
}
