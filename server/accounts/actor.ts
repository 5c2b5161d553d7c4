// From an HTTP request to an actor: a session cookie or a bearer token, nothing else. Read from the database each time: nothing is remembered,
// so what was revoked is gone at once, and without the database nobody is anybody.
import type { IncomingMessage } from "node:http";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type Permission, permissions } from "../core/access.ts";
import { type Actor, anonymous } from "../core/context.ts";
import type { Auth } from "./auth.ts";
import { endExpired } from "./break-glass.ts";
import { hashToken } from "./one-time.ts";
import { HOST_TOKEN } from "./revoke-tokens.ts";
import { GRANT_FIELDS, grantsOf, isMore, NO_ROLE } from "./rights.ts";
import { MUST_CHANGE, SESSION_IDLE_MS, SESSION_TTL_MS } from "./schema.ts";
import { sessionToken } from "./session-cookie.ts";

/** `last_used_at` and a session's `updated_at` are written at most this often, ms. */
const TOUCH_EVERY_MS = 60_000;

type Deps = { prisma: PrismaClient; auth: Auth; now: Date };

async function tokenActor(prisma: PrismaClient, token: string, now: Date): Promise<Actor> {
  const row = await prisma.apiToken.findUnique({
    where: { hash: hashToken(token) },
    select: {
      id: true,
      name: true,
      role: true,
      scopes: true,
      ownerId: true,
      createdBy: true,
      expiresAt: true,
      revokedAt: true,
      lastUsedAt: true,
      grants: { select: GRANT_FIELDS },
    },
  });
  if (!row || row.revokedAt || (row.expiresAt && row.expiresAt <= now)) return anonymous;
  // A token holds its rows and nothing else; only that of the local command line holds its role in the whole fleet.
  let grants = grantsOf(row.createdBy === HOST_TOKEN ? row.role : NO_ROLE, row.grants, now);
  if (row.ownerId !== null) {
    const owner = await prisma.user.findUnique({
      where: { id: row.ownerId },
      select: { role: true, disabledAt: true, grants: { select: GRANT_FIELDS } },
    });
    if (!owner || owner.disabledAt) return anonymous;
    const held = grantsOf(owner.role, owner.grants, now);
    grants = grants.filter((grant) => !isMore(held, [grant])); // never more than its owner, whatever it was made with
  }
  if (grants.length === 0) return anonymous;
  if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > TOUCH_EVERY_MS)
    await prisma.apiToken.update({ where: { id: row.id }, data: { lastUsedAt: now }, select: { id: true } });
  const scopes = row.scopes.filter((scope): scope is Permission => Object.hasOwn(permissions, scope));
  return {
    kind: "token",
    id: row.id,
    name: row.name,
    grants,
    scopes: row.scopes.length > 0 ? scopes : null,
    ownerId: row.ownerId,
  };
}

async function sessionActor(token: string, { prisma, now }: Deps): Promise<Actor> {
  const session = await prisma.session.findUnique({
    where: { token },
    select: {
      id: true,
      createdAt: true,
      updatedAt: true,
      expiresAt: true,
      verifiedAt: true,
      breakGlassId: true,
      user: {
        select: {
          id: true,
          name: true,
          role: true,
          disabledAt: true,
          grants: { select: GRANT_FIELDS },
          accounts: { where: { providerId: "credential" }, select: { scope: true } },
        },
      },
    },
  });
  if (!session || session.user.disabledAt) return anonymous;
  const idle = now.getTime() - session.updatedAt.getTime();
  const age = now.getTime() - session.createdAt.getTime();
  if (session.expiresAt <= now || idle > SESSION_IDLE_MS || age > SESSION_TTL_MS) return anonymous;
  const { user } = session;
  let grants = grantsOf(user.role, user.grants, now);
  let breakGlassUntil: Date | null = null;
  if (session.breakGlassId !== null) {
    const opened = await prisma.breakGlass.findUnique({
      where: { id: session.breakGlassId },
      select: { expiresAt: true, endedAt: true },
    });
    if (!opened || opened.endedAt || opened.expiresAt <= now) {
      await endExpired(prisma, session.breakGlassId, now);
      return anonymous;
    }
    breakGlassUntil = opened.expiresAt;
    grants = [{ role: "admin", selector: "*" }];
  } else if (user.accounts.some(({ scope }) => scope === MUST_CHANGE)) {
    grants = []; // until the one-time password is changed there is nothing but oneself
  }
  if (idle > TOUCH_EVERY_MS) await prisma.session.updateMany({ where: { id: session.id }, data: { updatedAt: now } });
  return {
    kind: "user",
    id: user.id,
    name: user.name,
    grants,
    sessionId: session.id,
    // The code of emergency access was the proof; whoever has it need not know that person's password, and it ends soon.
    verifiedAt: breakGlassUntil ? now : session.verifiedAt,
    breakGlassUntil,
  };
}

/** Whoever sent the request; `anonymous` when it carries nothing valid. A bad bearer token never falls back to the cookie. */
export async function actorOf(req: IncomingMessage, deps: Deps): Promise<Actor> {
  const header = req.headers.authorization;
  if (header !== undefined) {
    const token = /^Bearer ([\w-]{20,200})$/.exec(header)?.[1];
    return token ? tokenActor(deps.prisma, token, deps.now) : anonymous;
  }
  if (!req.headers.cookie) return anonymous;
  const { authCookies, secret } = await deps.auth.$context;
  const token = sessionToken(req.headers.cookie, authCookies.sessionToken.name, secret);
  return token ? sessionActor(token, deps) : anonymous;
}
