// Who has an account, with what rights, and how safely they sign in.
import { z } from "zod";
import { query } from "../core/verb.ts";
import { attemptKey, presenceKey } from "./lockout.ts";
import { asRole } from "./rights.ts";
import type { PersonRow } from "./schema.ts";

/** More accounts than a page shows at once are not expected; the list says so when there are. */
const PEOPLE_MAX = 500;

export const listPeople = query({
  name: "accounts.people",
  access: "accounts:read",
  on: "fleet",
  input: z.void(),
  async run({ db, actor, now }): Promise<PersonRow[]> {
    const at = now();
    const users = await db.user.findMany({
      orderBy: [{ disabledAt: { sort: "asc", nulls: "first" } }, { name: "asc" }],
      take: PEOPLE_MAX,
      select: {
        id: true,
        email: true,
        name: true,
        role: true,
        disabledAt: true,
        twoFactorEnabled: true,
        createdAt: true,
        grants: { select: { role: true, selector: true, expiresAt: true }, orderBy: { createdAt: "asc" } },
        accounts: { select: { providerId: true } },
        sessions: { where: { expiresAt: { gt: at } }, select: { updatedAt: true } },
        _count: { select: { passkeys: true } },
      },
    });
    const [keys, locks, seen] = await Promise.all([
      db.approvalKey.findMany({ where: { state: "active" }, select: { person: true } }),
      db.signInFailure.findMany({
        where: {
          key: { in: users.flatMap(({ id, email }) => [attemptKey(email), presenceKey(id)]) },
          lockedUntil: { gt: at },
        },
        select: { key: true, lockedUntil: true },
      }),
      db.auditEvent.groupBy({
        by: ["entityId"],
        where: { action: "accounts.signIn", outcome: "done", entityId: { in: users.map(({ id }) => id) } },
        _max: { at: true },
      }),
    ]);
    const signedInAt = new Map(seen.map(({ entityId, _max }) => [entityId, _max.at]));
    const signers = new Set(keys.map(({ person }) => person));
    const lockedUntil = new Map(locks.map(({ key, lockedUntil }) => [key, lockedUntil]));
    return users.map(({ accounts, sessions, grants, role, twoFactorEnabled, _count, ...user }) => ({
      ...user,
      role: asRole(role),
      grants: grants.flatMap((grant) => {
        const known = asRole(grant.role);
        return known ? [{ role: known, selector: grant.selector }] : [];
      }),
      signInWith: [...new Set(accounts.map(({ providerId }) => providerId))].sort(),
      hasTwoFactor: twoFactorEnabled,
      passkeyCount: _count.passkeys,
      canSign: signers.has(`user:${user.id}`),
      sessionCount: sessions.length,
      lastSeenAt: sessions.reduce<Date | null>(
        (last, { updatedAt }) => (last && last > updatedAt ? last : updatedAt),
        signedInAt.get(user.id) ?? null,
      ),
      isYou: actor.kind === "user" && actor.id === user.id,
      lockedUntil: lockedUntil.get(attemptKey(user.email)) ?? lockedUntil.get(presenceKey(user.id)) ?? null,
    }));
  },
});
