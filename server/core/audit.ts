// Writes the audit row of a mutation, inside its transaction.
import type { Prisma } from "../../generated/prisma/client.ts";
import { type Actor, actorRef, type Tx } from "./context.ts";

export type AuditEntry = {
  entity: readonly [kind: string, id: string];
  nodeId?: string | null;
  before?: unknown;
  after?: unknown;
};

/** JSON as the database takes it: dates to text, bigint to text, undefined left out. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value ?? null, (_key, v) => (typeof v === "bigint" ? v.toString() : v)));
}

/** One row; the caller's transaction fails when this does. */
export async function writeAudit(
  tx: Tx,
  input: {
    actor: Actor;
    action: string;
    at: Date;
    requestId: string | null;
    outcome: "done" | "denied";
    entry: AuditEntry;
  },
): Promise<void> {
  const { actor, action, at, requestId, outcome, entry } = input;
  await tx.auditEvent.create({
    data: {
      at,
      actor: actorRef(actor),
      actorName: actor.name,
      action,
      entity: entry.entity[0],
      entityId: entry.entity[1],
      nodeId: entry.nodeId ?? null,
      ...(entry.before === undefined ? {} : { before: toJson(entry.before) }),
      ...(entry.after === undefined ? {} : { after: toJson(entry.after) }),
      outcome,
      requestId,
    },
    select: { id: true },
  });
}
