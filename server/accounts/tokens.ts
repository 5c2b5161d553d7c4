// API tokens: made with a role and an expiry, shown once, stored as a hash, revoked for good.
import { z } from "zod";
import { roles } from "../core/access.ts";
import { actorRef } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { hashToken, newToken } from "./first-admin.ts";
import { ApiTokenRef, type ApiTokenRow, CreateApiToken, type NewApiToken } from "./schema.ts";

const DAY_MS = 24 * 3_600_000;

/** A token never gets a role above its maker's. */
export const createToken = mutation({
  name: "accounts.createToken",
  access: "accounts:write",
  input: CreateApiToken,
  async run({ tx, actor, now }, { name, role, expiresInDays }) {
    if (actor.role === null || roles.indexOf(role) > roles.indexOf(actor.role))
      throw new AppError("forbidden", "a token cannot have more rights than you");
    const token = newToken();
    const createdAt = now();
    const expiresAt = new Date(createdAt.getTime() + expiresInDays * DAY_MS);
    const row = await tx.apiToken.create({
      data: { name, role, hash: hashToken(token), createdBy: actorRef(actor), createdAt, expiresAt },
      select: { id: true },
    });
    const result: NewApiToken = { id: row.id, token };
    return {
      result,
      audit: { entity: ["token", row.id], after: { name, role, expiresAt } },
      changes: [{ domain: "accounts", ids: [] }],
    };
  },
});

/** Revokes at once. Idempotent. */
export const revokeToken = mutation({
  name: "accounts.revokeToken",
  access: "accounts:write",
  input: ApiTokenRef,
  async run({ tx, now }, { id }) {
    const { count } = await tx.apiToken.updateMany({ where: { id, revokedAt: null }, data: { revokedAt: now() } });
    if (count === 0 && !(await tx.apiToken.findUnique({ where: { id }, select: { id: true } })))
      throw new AppError("not_found", `no token ${id}`);
    return {
      result: { id },
      audit: { entity: ["token", id], after: { revoked: true } },
      changes: [{ domain: "accounts", ids: [] }],
    };
  },
});

export const listTokens = query({
  name: "accounts.tokens",
  access: "accounts:write",
  input: z.void(),
  async run({ db }): Promise<ApiTokenRow[]> {
    return db.apiToken.findMany({
      orderBy: { createdAt: "desc" },
      take: 200,
      select: {
        id: true,
        name: true,
        role: true,
        createdBy: true,
        createdAt: true,
        expiresAt: true,
        lastUsedAt: true,
        revokedAt: true,
      },
    });
  },
});
