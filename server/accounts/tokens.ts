// API tokens: made within one's own rights, limited by role, selector, permissions and time; shown once, stored as a hash, revoked for good.
import { z } from "zod";
import { holdsFleetWide } from "../core/access.ts";
import { type Actor, actorRef, personOf } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { hashToken, newToken } from "./one-time.ts";
import { checkSelector, isMore } from "./rights.ts";
import { ApiTokenRef, type ApiTokenRow, CreateApiToken, type NewApiToken } from "./schema.ts";

const DAY_MS = 24 * 3_600_000;
const changes = [{ domain: "accounts" as const, ids: [] }];

/** Tokens belong to a person; a token's own tokens to the same. */
const ownerOf = (actor: Actor): string | null => personOf(actor)?.slice("user:".length) ?? null;

const mine = (actor: Actor) => ({
  OR: [{ createdBy: actorRef(actor) }, ...(ownerOf(actor) === null ? [] : [{ ownerId: ownerOf(actor) }])],
});

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
    const limits = actor.kind === "token" ? actor.scopes : null;
    if (
      isMore(actor.grants, [{ role, selector }]) ||
      (limits && (scopes.length === 0 || !scopes.every((scope) => limits.includes(scope))))
    )
      throw new AppError("forbidden", "a token cannot have more rights than you", { entity: ["token", name] });
    const token = newToken();
    const createdAt = now();
    const createdBy = actorRef(actor);
    const wanted = new Date(createdAt.getTime() + expiresInDays * DAY_MS);
    // A token that could make one that outlives it would never end, whoever holds it.
    const maker =
      actor.kind === "token"
        ? await tx.apiToken.findUnique({ where: { id: actor.id }, select: { expiresAt: true } })
        : null;
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

/** Revokes at once: one's own, or any with rights over accounts. Idempotent. */
export const revokeToken = mutation({
  name: "accounts.revokeToken",
  access: "accounts:self",
  on: "self",
  input: ApiTokenRef,
  async run({ tx, actor, now }, { id }) {
    const row = await tx.apiToken.findFirst({
      where: { id, ...(holdsFleetWide(actor, "accounts:write") ? {} : mine(actor)) },
      select: { id: true },
    });
    if (!row) throw new AppError("not_found", `no token ${id}`, { entity: ["token", id] });
    await tx.apiToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now() } });
    return { result: { id }, audit: { entity: ["token", id], after: { revoked: true } }, changes };
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
      where: holdsFleetWide(actor, "accounts:read") ? {} : mine(actor),
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
