// Where somebody is signed in, and ending it: one session, all others, or all of a person.
import { z } from "zod";
import type { Actor } from "../core/context.ts";
import { AppError } from "../core/errors.ts";
import { mutation, query } from "../core/verb.ts";
import { endSessions } from "./end-sessions.ts";
import { personById } from "./person.ts";
import { revokeTokensOf } from "./revoke-tokens.ts";
import { SESSION_IDLE_MS, SessionRef, type SessionRow, UserRef } from "./schema.ts";

const changes = [{ domain: "accounts" as const, ids: [] }];
const FIELDS = {
  id: true,
  createdAt: true,
  updatedAt: true,
  expiresAt: true,
  ipAddress: true,
  userAgent: true,
  breakGlassId: true,
} as const;

type Row = {
  id: string;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date;
  ipAddress: string | null;
  userAgent: string | null;
  breakGlassId: string | null;
};

const toRow = (row: Row, actor: Actor): SessionRow => ({
  id: row.id,
  createdAt: row.createdAt,
  lastSeenAt: row.updatedAt,
  expiresAt: row.expiresAt,
  address: row.ipAddress ?? "",
  userAgent: (row.userAgent ?? "").slice(0, 300),
  isThis: actor.kind === "user" && actor.sessionId === row.id,
  isBreakGlass: row.breakGlassId !== null,
});

const live = (userId: string, now: Date) => ({
  where: { userId, expiresAt: { gt: now }, updatedAt: { gt: new Date(now.getTime() - SESSION_IDLE_MS) } },
  orderBy: { updatedAt: "desc" as const },
  take: 100,
  select: FIELDS,
});

/** @throws AppError("invalid") for tokens */
export function ownId(actor: Actor): string {
  if (actor.kind !== "user") throw new AppError("invalid", "only people have sessions");
  return actor.id;
}

/**
 * Id of the person behind changes to how they sign in.
 * @throws AppError("forbidden") for emergency access: its user is not known to be that person, and what they left behind would outlive it
 */
export function personalId(actor: Actor): string {
  const id = ownId(actor);
  if (actor.kind === "user" && actor.breakGlassUntil)
    throw new AppError("forbidden", "not by emergency access", {
      publicMessage: "Emergency access cannot change how a person signs in.",
      entity: ["user", id],
    });
  return id;
}

export const listSessions = query({
  name: "accounts.sessions",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ db, actor, now }): Promise<SessionRow[]> {
    const rows = await db.session.findMany(live(ownId(actor), now()));
    return rows.map((row) => toRow(row, actor));
  },
});

export const listSessionsOf = query({
  name: "accounts.sessionsOf",
  access: "accounts:read",
  on: "fleet",
  input: UserRef,
  async run({ db, actor, now }, { id }): Promise<SessionRow[]> {
    const rows = await db.session.findMany(live(id, now()));
    return rows.map((row) => toRow(row, actor));
  },
});

export const revokeSession = mutation({
  name: "accounts.revokeSession",
  access: "accounts:self",
  on: "self",
  input: SessionRef,
  async run({ tx, actor }, { id }) {
    const ended = await endSessions(tx, { id, userId: ownId(actor) });
    if (ended === 0) throw new AppError("not_found", "this session is over already", { entity: ["session", id] });
    return { result: { id }, audit: { entity: ["session", id], after: { ended } }, changes };
  },
});

export const revokeOtherSessions = mutation({
  name: "accounts.revokeOtherSessions",
  access: "accounts:self",
  on: "self",
  input: z.void(),
  async run({ tx, actor }) {
    const userId = ownId(actor);
    const keep = actor.kind === "user" ? actor.sessionId : "";
    const ended = await endSessions(tx, { userId, id: { not: keep } });
    return { result: { ended }, audit: { entity: ["user", userId], after: { endedSessions: ended } }, changes };
  },
});

/** Ends all that acts as that person: sessions and API tokens. */
export const revokeSessionsOf = mutation({
  name: "accounts.revokeSessionsOf",
  access: "accounts:write",
  on: "fleet",
  stepUp: true,
  input: UserRef,
  async run({ tx, now }, { id }) {
    await personById(tx, id);
    const ended = await endSessions(tx, { userId: id });
    const revokedTokens = await revokeTokensOf(tx, id, now());
    const after = { endedSessions: ended, revokedTokens };
    return { result: { ended }, audit: { entity: ["user", id], after }, changes };
  },
});
