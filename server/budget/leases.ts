// People's cordons: a node taken out of use for a while, with owner, reason and end; whoever cannot have it now may wait in line.
import { z } from "zod";
import type { Text } from "../../protocol/text.ts";
import { toJson } from "../core/audit.ts";
import { type Actor, actorRef, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { isUuid, type Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { mutation, query } from "../core/verb.ts";
import { handOver } from "./hand-over.ts";
import { lockPools } from "./pools.ts";
import { takeCordon } from "./queue.ts";
import { Cordon, type CordonAnswer, ExtendLease, type LeaseList, LeaseRef, ListLeases } from "./schema.ts";

/** A cordon is extended to so long after now at most, ms. */
const HOLD_MAX_MS = 30 * 24 * 3_600_000;
const LEASES_MAX = 500;
const Kind = z.enum(["action", "soak", "cordon"]);

const noLease = (id: string, isForeign: boolean) =>
  new AppError("not_found", `no lease ${id}`, {
    publicMessage: "There is no such lease.",
    entity: ["lease", id],
    isForeign,
  });

export const listLeases = query({
  name: "leases.list",
  access: "rollouts:read",
  on: "node",
  input: ListLeases,
  async run({ db, actor, scope }, { pool, node, all }): Promise<LeaseList> {
    const own = node === undefined ? {} : isUuid(node) ? { id: node } : { name: node };
    const where = { node: { AND: [own, pool === undefined ? {} : { pool }, scope.where] } };
    const name = { node: { select: { name: true } } };
    const me = actorRef(actor);
    const leases = await db.lease.findMany({
      where: { ...where, activeKey: { not: null }, ...(all ? {} : { kind: "cordon" }) },
      orderBy: [{ takenAt: "desc" }, { id: "desc" }],
      take: LEASES_MAX,
      include: name,
    });
    const waiting = await db.leaseRequest.findMany({
      where: { ...where, endedAt: null },
      orderBy: [{ askedAt: "asc" }, { id: "asc" }],
      take: LEASES_MAX,
      include: name,
    });
    const places = new Map<string, number>();
    return {
      leases: leases.map(
        ({ node: { name: nodeName }, activeKey: _key, releasedAt: _at, domain: _domain, kind, ...lease }) => ({
          ...lease,
          kind: Kind.parse(kind),
          nodeName,
          isMine: lease.owner === me,
        }),
      ),
      waiting: waiting.map(({ id, nodeId, node: { name: nodeName }, owner, ownerName, reason, waitsFor, askedAt }) => {
        const place = (places.get(nodeId) ?? 0) + 1;
        places.set(nodeId, place);
        const waits = waitsFor as Text | null; // written by us
        return { id, nodeId, nodeName, ownerName, reason, place, waitsFor: waits, askedAt, isMine: owner === me };
      }),
    };
  },
});

export const cordonNode = mutation({
  name: "leases.cordon",
  access: "leases:write",
  on: "node",
  input: Cordon,
  async run({ tx, actor, scope, now }, { node, forMs, reason, isWaiting }) {
    const nodeId = await scope.node(tx, node);
    const asking = { nodeId, owner: actorRef(actor), ownerName: actor.name, reason, forMs };
    // Whoever waits already is before: nobody is overtaken.
    const ahead = await tx.leaseRequest.findFirst({
      where: { nodeId, endedAt: null },
      select: { owner: true, ownerName: true },
    });
    const { leaseId, sum } = ahead
      ? {
          leaseId: null,
          sum: { en: `${ahead.ownerName} waits for it already.`, zh: `${ahead.ownerName} 已在排队等待。` },
        }
      : await takeCordon(tx, asking, now());
    if (!leaseId && (!isWaiting || ahead?.owner === asking.owner))
      throw new AppError("conflict", `cordon of ${nodeId}: ${sum.en}`, {
        publicMessage: sum.en,
        details: { refusal: sum },
      });
    const requestId = leaseId ? null : await wait(tx, asking, sum, now());
    const result: CordonAnswer = { leaseId, requestId, sum };
    return {
      result,
      audit: {
        entity: ["lease", leaseId ?? requestId ?? ""],
        nodeId,
        after: { forMs, reason, isHeld: leaseId !== null, sum: sum.en },
      },
      changes: [
        { domain: "leases", ids: [nodeId] },
        { domain: "nodes", ids: [nodeId] },
      ],
    };
  },
});

async function wait(
  tx: Tx,
  { forMs, ...asking }: Parameters<typeof takeCordon>[1],
  sum: Text,
  now: Date,
): Promise<string> {
  const row = await tx.leaseRequest.create({
    data: { ...asking, forMs: BigInt(forMs), waitsFor: toJson(sum), askedAt: now },
    select: { id: true },
  });
  return row.id;
}

/** A cordon that holds. Another's may be ended too, by whoever may take nodes there: it stands in the audit trail. */
async function cordonOf(tx: Tx, scope: Scope, id: string) {
  const row = await tx.lease.findUnique({
    where: { id },
    select: {
      nodeId: true,
      owner: true,
      ownerName: true,
      kind: true,
      activeKey: true,
      expiresAt: true,
      node: { select: { name: true, pool: true, zone: true, rack: true, labels: true } },
    },
  });
  if (!row) throw noLease(id, false);
  const inside = await tx.node.count({ where: { AND: [{ id: row.nodeId }, scope.where] } });
  if (inside === 0) throw noLease(id, true);
  if (row.kind !== "cordon" || row.activeKey === null)
    throw new AppError("conflict", `lease ${id} is no cordon that holds`, {
      publicMessage:
        row.activeKey === null ? "It is over already." : "It belongs to work that is under way; pause or abort that.",
    });
  return row;
}

export const extendLease = mutation({
  name: "leases.extend",
  access: "leases:write",
  on: "node",
  input: ExtendLease,
  async run({ tx, actor, scope, now }, { id, forMs, reason }) {
    const { nodeId, owner, ownerName, expiresAt } = await cordonOf(tx, scope, id);
    requireOwn(owner, ownerName, actor);
    const until = new Date(now().getTime() + Math.min(forMs, HOLD_MAX_MS));
    await tx.lease.update({ where: { id }, data: { expiresAt: until }, select: { id: true } });
    return {
      result: { id, expiresAt: until },
      audit: { entity: ["lease", id], nodeId, before: { expiresAt }, after: { expiresAt: until, reason } },
      changes: [{ domain: "leases", ids: [nodeId] }],
    };
  },
});

function requireOwn(owner: string, ownerName: string, actor: Actor): void {
  if (owner === actorRef(actor)) return;
  throw new AppError("conflict", `the lease is ${owner}'s`, {
    publicMessage: `It is ${ownerName}'s; only its owner extends it.`,
  });
}

/** Ends a cordon, or leaves the line. */
export const releaseLease = mutation({
  name: "leases.release",
  access: "leases:write",
  on: "node",
  input: LeaseRef,
  async run({ tx, actor, scope, now }, { id }) {
    const at = now();
    const request = await tx.leaseRequest.findUnique({
      where: { id },
      select: { nodeId: true, owner: true, ownerName: true, endedAt: true },
    });
    if (request) return leaveLine(tx, scope, id, request, actor, at);
    const { nodeId, owner, node } = await cordonOf(tx, scope, id);
    // Whoever takes the node for work under this very cordon holds the pool: it has begun by then, or finds the node free.
    await lockPools(tx, [node.pool]);
    const handed = await handOver(tx, sql`lease.id = ${id}::uuid`);
    if (handed.length === 0)
      await tx.lease.updateMany({ where: { id, activeKey: { not: null } }, data: { releasedAt: at, activeKey: null } });
    return {
      result: { id },
      audit: { entity: ["lease", id] as const, nodeId, before: { owner }, after: { released: true } },
      changes: [{ domain: "leases" as const, ids: [nodeId] }],
    };
  },
});

async function leaveLine(
  tx: Tx,
  scope: Scope,
  id: string,
  { nodeId, owner, ownerName, endedAt }: { nodeId: string; owner: string; ownerName: string; endedAt: Date | null },
  actor: Actor,
  at: Date,
) {
  const inside = await tx.node.count({ where: { AND: [{ id: nodeId }, scope.where] } });
  if (inside === 0) throw noLease(id, true);
  requireOwn(owner, ownerName, actor);
  if (endedAt === null)
    await tx.leaseRequest.update({ where: { id }, data: { endedAt: at, outcome: "withdrawn" }, select: { id: true } });
  return {
    result: { id },
    audit: { entity: ["lease", id] as const, nodeId, after: { withdrawn: true } },
    changes: [{ domain: "leases" as const, ids: [nodeId] }],
  };
}
