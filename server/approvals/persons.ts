// Who can approve, and what somebody may do right now: read from the tables each time, so that rights that were taken away count for nothing.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { HOST_TOKEN } from "../accounts/revoke-tokens.ts";
import { GRANT_FIELDS, grantsOf, isMore, NO_ROLE } from "../accounts/rights.ts";
import { type Holder, holds, type Permission, permissions } from "../core/access.ts";
import type { Tx } from "../core/context.ts";
import { scopeFor } from "../core/scope.ts";

type Db = PrismaClient | Tx;

/** References of the persons that can approve: holders of accepted keys, and enabled accounts that may approve anywhere. */
export async function approverRefs(db: Db, now: Date): Promise<Set<string>> {
  const roles = [...permissions["repairs:approve"]];
  const [keys, users] = await Promise.all([
    db.approvalKey.findMany({ where: { state: "active" }, distinct: ["person"], select: { person: true } }),
    db.user.findMany({
      where: { disabledAt: null, OR: [{ role: { in: roles } }, { grants: { some: { role: { in: roles } } } }] },
      select: { id: true, role: true, grants: { select: GRANT_FIELDS } },
    }),
  ]);
  const accounts = users.filter(({ role, grants }) =>
    holds({ grants: grantsOf(role, grants, now) }, "repairs:approve"),
  );
  return new Set([...keys.map(({ person }) => person), ...accounts.map(({ id }) => `user:${id}`)]);
}

/** Rights of "user:<id>" or "token:<id>" as they are now; null when it is disabled, revoked, expired or gone. Processes of ours keep theirs. */
export async function holderOf(db: Db, ref: string, now: Date): Promise<Holder | null> {
  const [kind, id = ""] = ref.split(/:(.*)/s);
  if (kind === "system") return { grants: [{ role: "admin", selector: "*" }] };
  if (kind === "user") {
    const user = await db.user.findUnique({
      where: { id },
      select: { role: true, disabledAt: true, grants: { select: GRANT_FIELDS } },
    });
    if (!user || user.disabledAt) return null;
    // Emergency access is a session's, not the account's: while one is open its user holds everything.
    const emergency = await db.breakGlass.count({
      where: { userId: id, usedAt: { not: null }, endedAt: null, expiresAt: { gt: now } },
    });
    if (emergency > 0) return { grants: [{ role: "admin", selector: "*" }] };
    return { grants: grantsOf(user.role, user.grants, now) };
  }
  if (kind !== "token" || !/^[0-9a-f-]{36}$/i.test(id)) return null;
  const token = await db.apiToken.findUnique({
    where: { id },
    select: {
      role: true,
      scopes: true,
      ownerId: true,
      createdBy: true,
      revokedAt: true,
      expiresAt: true,
      grants: { select: GRANT_FIELDS },
    },
  });
  if (!token || token.revokedAt || (token.expiresAt && token.expiresAt <= now)) return null;
  // As when it signs in (accounts/actor.ts): its rows and nothing else; only the local command line's holds its role.
  let grants = grantsOf(token.createdBy === HOST_TOKEN ? token.role : NO_ROLE, token.grants, now);
  if (token.ownerId !== null) {
    const owner = await db.user.findUnique({
      where: { id: token.ownerId },
      select: { role: true, disabledAt: true, grants: { select: GRANT_FIELDS } },
    });
    if (!owner || owner.disabledAt) return null;
    const held = grantsOf(owner.role, owner.grants, now);
    grants = grants.filter((grant) => !isMore(held, [grant])); // never more than its owner
  }
  return { grants, scopes: token.scopes.length > 0 ? (token.scopes as Permission[]) : null }; // a name that no permission has matches none
}

/** Whether that person or program may do this on the node, now. */
export async function mayStill(
  db: Db,
  ref: string,
  permission: Permission,
  nodeId: string,
  now: Date,
): Promise<boolean> {
  const holder = await holderOf(db, ref, now);
  return holder !== null && mayOn(db, holder, permission, nodeId);
}

/** Whether this holder may do this on every node that a rollout may change, and there is one. */
export async function mayOnAll(db: Db, holder: Holder, permission: Permission, rolloutId: string): Promise<boolean> {
  const scope = scopeFor(holder, permission);
  if (scope.isWhole) return true;
  const targets = { rolloutId, wave: { gte: 0 } };
  const [all, own] = await Promise.all([
    db.rolloutTarget.count({ where: targets }),
    db.rolloutTarget.count({ where: { ...targets, node: scope.where } }),
  ]);
  return all > 0 && all === own;
}

/** Whether this holder may do this on the node. */
export async function mayOn(db: Db, holder: Holder, permission: Permission, nodeId: string): Promise<boolean> {
  const scope = scopeFor(holder, permission);
  if (scope.isWhole) return true;
  return (await db.node.count({ where: { AND: [{ id: nodeId }, scope.where] } })) > 0;
}
