// API tokens: made within one's own rights, limited by role, selector, permissions and time; shown once, stored as a hash, revoked for good.
import { z } from "zod";
import { holdsFleetWide, type Permission } from "../core/access.ts";
import { type Actor, actorRef, personOf, type Tx } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { hashToken, newToken } from "./one-time.ts";
import { revokeWithDescendants } from "./revoke-tokens.ts";
import { checkSelector, isMore, permissionsOf } from "./rights.ts";
import { ApiTokenRef, type ApiTokenRow, CreateApiToken, type NewApiToken } from "./schema.ts";

const DAY_MS = 24 * 3_600_000;
const changes = [{ domain: "accounts" as const, ids: [] }];

/** Tokens belong to a person; a token's own tokens to the same. */
const ownerOf = (actor: Actor): string | null => personOf(actor)?.slice("user:".length) ?? null;

/** A person's own tokens; a token's own are itself and those it made, not the others of its person. */
const mine = (actor: Actor) => ({
  OR: [
    { createdBy: actorRef(actor) },
    ...(actor.kind === "token" ? [{ id: actor.id }] : []),
    ...(actor.kind === "user" ? [{ ownerId: actor.id }] : []),
  ],
});

/** Whether everybody's tokens are the actor's business; a token must have been made for that by name. */
const isOverAll = (actor: Actor, permission: Permission): boolean =>
  holdsFleetWide(actor, permission) && (actor.kind !== "token" || actor.scopes !== null);

/** The maker's row, locked. */
async function holdRow(tx: Tx, id: string, now: Date) {
  await tx.apiToken.updateMany({ where: { id }, data: { lastUsedAt: now } });
  return tx.apiToken.findUnique({ where: { id }, select: { expiresAt: true, revokedAt: true } });
}

/** A token never gets more than its maker has, neither now nor later: its owner's rights are looked at each time it is used. */
export const createToken = mutation({
  name: "accounts.createToken",
  access: "accounts:self",
  on: "self",
  stepUp: true,
  input: CreateApiToken,
  async run({ tx, actor, now }, { name, role, selector, scopes, expiresInDays }) {
    checkSelector(selector);
    if (actor.kind === "user" && actor.breakGlassUntil)
      throw new AppError("forbidden", "a token would outlive emergency access", { entity: ["token", name] });
    const asked = scopes.length > 0 ? scopes : permissionsOf([{ role, selector }]);
    const limits = actor.kind === "token" ? actor.scopes : null;
    if (isMore(actor.grants, [{ role, selector }]) || (limits && !asked.every((scope) => limits.includes(scope))))
      throw new AppError("forbidden", "a token cannot have more rights than you", { entity: ["token", name] });
    const token = newToken();
    const createdAt = now();
    const createdBy = actorRef(actor);
    const wanted = new Date(createdAt.getTime() + expiresInDays * DAY_MS);
    // A token that could make one that outlives it would never end, whoever holds it. Its row is held until the commit: whoever revokes it
    // waits, and finds what it made.
    const maker = actor.kind === "token" ? await holdRow(tx, actor.id, createdAt) : null;
    if (maker?.revokedAt) throw new AppError("forbidden", "this token was revoked", { entity: ["token", name] });
    const expiresAt = maker?.expiresAt && maker.expiresAt < wanted ? maker.expiresAt : wanted;
    const row = await tx.apiToken.create({
      data: {
        name,
        role,
        scopes: [...new Set(scopes)],
        ownerId: ownerOf(actor),
        hash: hashToken(token),
        createdBy,
        createdAt,
        expiresAt,
        grants: { create: { role, selector, createdBy, createdAt } },
      },
      select: { id: true },
    });
    const result: NewApiToken = { id: row.id, token };
    return {
      result,
      audit: { entity: ["token", row.id], after: { name, role, selector, scopes, expiresAt } },
      changes,
    };
  },
});

/** Revokes at once, with all that it made: one's own, or any with rights over accounts. Idempotent. */
export const revokeToken = mutation({
  name: "accounts.revokeToken",
  access: "accounts:self",
  on: "self",
  input: ApiTokenRef,
  async run({ tx, actor, now }, { id }) {
    const row = await tx.apiToken.findFirst({
      where: { id, ...(isOverAll(actor, "accounts:write") ? {} : mine(actor)) },
      select: { id: true },
    });
    if (!row) throw new AppError("not_found", `no token ${id}`, { entity: ["token", id] });
    const revokedTokens = await revokeWithDescendants(tx, id, now());
    return { result: { id }, audit: { entity: ["token", id], after: { revoked: true, revokedTokens } }, changes };
  },
});

/** One's own tokens; everybody's with rights over accounts. */
export const listTokens = query({
  name: "accounts.tokens",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, actor }): Promise<ApiTokenRow[]> {
    const rows = await db.apiToken.findMany({
      where: isOverAll(actor, "accounts:read") ? {} : mine(actor),
      orderBy: { createdAt: "desc" },
      take: 200,
      select: {
        id: true,
        name: true,
        role: true,
        scopes: true,
        createdBy: true,
        createdAt: true,
        expiresAt: true,
        lastUsedAt: true,
        revokedAt: true,
        grants: { select: { selector: true } },
      },
    });
    return rows.map(({ grants, ...row }) => ({ ...row, selector: grants[0]?.selector ?? "*" }));
  },
});
