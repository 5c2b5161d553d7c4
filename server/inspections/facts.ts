// Stored fact rows → facts as checks and repairs read them: each with the time at which it was last confirmed, in the node's own clock.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { FactKind, type Facts, TimeSyncFact } from "../../protocol/facts.ts";
import type { Tx } from "../core/context.ts";
import { BEAT_LATE_AFTER_MS } from "../core/process-state.ts";
import { sql } from "../core/sql.ts";

export type StoredFact = { kind: string; data: unknown; error: string | null; at: Date; receivedAt: Date };
export type NodeContact = { isConnected: boolean; lastSeenAt: Date | null; disconnectedAt: Date | null };

/**
 * What is known of a node: facts, its clock now, and per kind when its agent really looked last (its clock). `isLive`: a session confirms all of it;
 * else it ages.
 */
export type NodeView = { facts: Facts; now: number; lookedAt: Map<FactKind, number>; isLive: boolean };

/**
 * An agent sends a fact only when it changed, so a live session confirms all that it sent; without one, facts age from the last contact on.
 * Ages are taken in the node's clock, because facts carry its times: a node whose clock is off is judged by its own.
 * @param isGatewayAlive false when no gateway has shown life lately: then "connected" is old news
 */
export function toView(rows: readonly StoredFact[], node: NodeContact, isGatewayAlive: boolean, now: Date): NodeView {
  const byKind = new Map(rows.map((row) => [row.kind, row]));
  const timeSync = TimeSyncFact.safeParse(byKind.get("timeSync")?.data);
  const offset = (timeSync.success && timeSync.data.gatewayOffsetMs) || 0;
  const nodeNow = now.getTime() + offset;
  const contact = Math.max(node.disconnectedAt?.getTime() ?? 0, node.lastSeenAt?.getTime() ?? 0);
  const isLive = node.isConnected && isGatewayAlive;
  const facts: Facts = {};
  const lookedAt = new Map<FactKind, number>();
  for (const row of rows) {
    const kind = FactKind.safeParse(row.kind);
    if (!kind.success) continue; // written by a newer version
    const confirmed = isLive ? nodeNow : Math.min(nodeNow, Math.max(contact, row.receivedAt.getTime()) + offset);
    // Data was validated against its kind's schema when it came in.
    Object.assign(facts, { [kind.data]: { data: row.data, at: confirmed, error: row.error } });
    lookedAt.set(kind.data, row.at.getTime());
  }
  return { facts, now: nodeNow, lookedAt, isLive };
}

/** Whether any gateway has beaten lately. */
export async function isGatewayAlive(db: PrismaClient | Tx, now: Date): Promise<boolean> {
  const since = new Date(now.getTime() - BEAT_LATE_AFTER_MS);
  const rows = await db.$queryRaw<unknown[]>(
    sql`SELECT 1 FROM process_beat WHERE (name = 'gateway' OR name LIKE 'gateway-%') AND beat_at > ${since} LIMIT 1`,
  );
  return rows.length > 0;
}

/** View of one node from its stored facts; null when the node does not exist or was removed. */
export async function readNodeView(
  db: PrismaClient | Tx,
  nodeId: string,
  now: Date,
): Promise<(NodeView & { node: { id: string; name: string } }) | null> {
  const node = await db.node.findFirst({
    where: { id: nodeId, revokedAt: null },
    select: { id: true, name: true, isConnected: true, lastSeenAt: true, disconnectedAt: true },
  });
  if (!node) return null;
  const rows = await db.nodeFact.findMany({
    where: { nodeId },
    select: { kind: true, data: true, error: true, at: true, receivedAt: true },
  });
  return { ...toView(rows, node, await isGatewayAlive(db, now), now), node: { id: node.id, name: node.name } };
}
