// Writes the audit row of a mutation: in its transaction when it is done, by itself when it was refused.
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import { type Actor, actorRef, type Tx } from "./context.ts";

export type AuditEntry = {
  entity: readonly [kind: string, id: string];
  nodeId?: string | null;
  before?: unknown;
  after?: unknown;
};

/**
 * - `done`: it happened
 * - `refused`: the actor might have, but it could not be (conflict, no such object, no proof of presence)
 * - `denied`: the actor has no right to it, there or at all
 */
export type AuditOutcome = "done" | "refused" | "denied";

/** JSON as the database takes it: dates to text, bigint to text, undefined left out. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return JSON.parse(JSON.stringify(value ?? null, (_key, v) => (typeof v === "bigint" ? v.toString() : v)));
}

/** One row; the caller's transaction fails when this does. Write it last: its trigger holds the chain's head until the commit. */
export async function writeAudit(
  db: PrismaClient | Tx,
  input: {
    actor: Actor;
    action: string;
    at: Date;
    requestId: string | null;
    /** Where the request came from; null for processes of ours. */
    address?: string | null;
    outcome: AuditOutcome;
    entry: AuditEntry;
  },
): Promise<void> {
  const { actor, action, at, requestId, address = null, outcome, entry } = input;
  await db.auditEvent.create({
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
      address,
    },
    select: { id: true },
  });
}

/** Longest id that a refused attempt leaves in the trail, characters. */
const ID_MAX = 200;

/** The object that somebody asked for, read from a verb's input: `findings.acknowledge` with an id is about a finding. */
export function askedFor(verb: string, input: unknown): AuditEntry["entity"] {
  const fields = typeof input === "object" && input !== null ? new Map(Object.entries(input)) : new Map();
  const named: [field: string, kind: string][] = [
    ["id", (verb.split(".")[0] ?? verb).replace(/s$/, "")],
    ["node", "node"],
    ["nodeId", "node"],
    ["findingId", "finding"],
    ["keyId", "key"],
  ];
  for (const [field, kind] of named) {
    const value: unknown = fields.get(field);
    if (typeof value === "string" && value !== "") return [kind, cleanId(value)];
  }
  return ["verb", verb];
}

// What PostgreSQL's text cannot hold must not keep an attempt out of the trail.
const cleanId = (id: string): string => id.slice(0, ID_MAX).replaceAll("\0", "").toWellFormed();
