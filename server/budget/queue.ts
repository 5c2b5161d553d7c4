// Who waits for a node or for room in its pool: first come first served, each asked again by every sweep.
import { Prisma, type PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { toJson, writeAudit } from "../core/audit.ts";
import { publishChanges } from "../core/changes.ts";
import { systemActor, type Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { takeLeases } from "./take.ts";

/** Nobody waits longer than this, ms: what was wanted then is not what is wanted now. */
const WAIT_MAX_MS = 24 * 3_600_000;
const SWEEP_MAX = 200;

export type Asking = { nodeId: string; owner: string; ownerName: string; reason: string; forMs: number };

const HELD: Text = { en: "The node is in somebody else's hands.", zh: "节点正由他人占用。" };
const GONE: Text = { en: "The node was removed.", zh: "节点已被移除。" };

/** Takes a cordon within the budget of the node's pool. @returns its lease, or the sum that speaks against it */
export async function takeCordon(
  tx: Tx,
  { nodeId, owner, ownerName, reason, forMs }: Asking,
  now: Date,
): Promise<{ leaseId: string | null; sum: Text }> {
  const node = await tx.node.findFirst({
    where: { id: nodeId, revokedAt: null },
    select: { pool: true, zone: true, state: true },
  });
  if (!node) return { leaseId: null, sum: GONE };
  const isSick = node.state === "unhealthy" || node.state === "not_reporting";
  const expiresAt = new Date(now.getTime() + forMs);
  const { taken, held, sum } = await takeLeases(
    tx,
    [{ nodeId, pool: node.pool, domain: node.zone, isSick }],
    { kind: "cordon", owner, ownerName, reason, expiresAt, isAutomatic: false },
    now,
  );
  const lease = await tx.lease.findUnique({ where: { activeKey: nodeId }, select: { id: true, ownerName: true } });
  if (taken.length > 0 && lease) return { leaseId: lease.id, sum: { en: "It is yours.", zh: "已归您占用。" } };
  if (held.length === 0) return { leaseId: null, sum: sum ?? GONE };
  const by = lease?.ownerName ?? "";
  const why = { en: `${HELD.en.slice(0, -1)} (${by}).`, zh: `${HELD.zh.slice(0, -1)}（${by}）。` };
  return { leaseId: null, sum: by ? why : HELD };
}

/** Asks for everybody who waits, in their order; whoever waits for longer than a day waits no more. */
export async function grantWaiting(db: PrismaClient, now: Date): Promise<number> {
  const waiting = await db.leaseRequest.findMany({
    where: { endedAt: null },
    orderBy: [{ askedAt: "asc" }, { id: "asc" }],
    take: SWEEP_MAX,
    select: { id: true },
  });
  let granted = 0;
  for (const { id } of waiting) if (await db.$transaction((tx) => grantOne(tx, id, now))) granted += 1;
  return granted;
}

async function grantOne(tx: Tx, id: string, now: Date): Promise<boolean> {
  await tx.$queryRaw(sql`SELECT id FROM lease_request WHERE id = ${id}::uuid FOR UPDATE`);
  const request = await tx.leaseRequest.findUnique({ where: { id } });
  if (!request || request.endedAt) return false;
  const end = (outcome: "granted" | "expired") =>
    tx.leaseRequest.update({
      where: { id },
      data: { endedAt: now, outcome, waitsFor: Prisma.DbNull },
      select: { id: true },
    });
  if (now.getTime() - request.askedAt.getTime() > WAIT_MAX_MS) {
    await end("expired");
    return false;
  }
  const { nodeId, owner, ownerName, reason } = request;
  const { leaseId, sum } = await takeCordon(
    tx,
    { nodeId, owner, ownerName, reason, forMs: Number(request.forMs) },
    now,
  );
  if (!leaseId) {
    await tx.leaseRequest.update({ where: { id }, data: { waitsFor: toJson(sum) }, select: { id: true } });
    return false;
  }
  await end("granted");
  await publishChanges(tx, [{ domain: "leases", ids: [nodeId] }]);
  await writeAudit(tx, {
    actor: systemActor("workers"),
    action: "leases.granted",
    at: now,
    requestId: null,
    outcome: "done",
    entry: { entity: ["lease", leaseId], nodeId, after: { owner, reason } },
  });
  return true;
}
