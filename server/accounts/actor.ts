// From an HTTP request to an actor: a session cookie or a bearer token, nothing else.
import type { IncomingMessage } from "node:http";
import { fromNodeHeaders } from "better-auth/node";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { type Role, roles } from "../core/access.ts";
import { type Actor, anonymous } from "../core/context.ts";
import type { Auth } from "./auth.ts";
import { hashToken } from "./first-admin.ts";

/** `last_used_at` is written at most this often, ms. */
const LAST_USED_EVERY_MS = 60_000;

const asRole = (value: unknown): Role | null => roles.find((role) => role === value) ?? null;

async function tokenActor(prisma: PrismaClient, token: string, now: Date): Promise<Actor> {
  const row = await prisma.apiToken.findUnique({
    where: { hash: hashToken(token) },
    select: { id: true, name: true, role: true, expiresAt: true, revokedAt: true, lastUsedAt: true },
  });
  const role = asRole(row?.role);
  if (!row || !role || row.revokedAt || (row.expiresAt && row.expiresAt <= now)) return anonymous;
  if (!row.lastUsedAt || now.getTime() - row.lastUsedAt.getTime() > LAST_USED_EVERY_MS) {
    await prisma.apiToken.update({ where: { id: row.id }, data: { lastUsedAt: now }, select: { id: true } });
  }
  return { kind: "token", id: row.id, name: row.name, role };
}

/** Whoever sent the request; `anonymous` when it carries nothing valid. A bad bearer token never falls back to the cookie. */
export async function actorOf(
  req: IncomingMessage,
  deps: { prisma: PrismaClient; auth: Auth; now: Date },
): Promise<Actor> {
  const header = req.headers.authorization;
  if (header !== undefined) {
    const token = /^Bearer ([\w-]{20,200})$/.exec(header)?.[1];
    return token ? tokenActor(deps.prisma, token, deps.now) : anonymous;
  }
  if (!req.headers.cookie) return anonymous;
  const session = await deps.auth.api.getSession({ headers: fromNodeHeaders(req.headers) });
  if (!session) return anonymous;
  const role = asRole(session.user.role);
  return role ? { kind: "user", id: session.user.id, name: session.user.name, role } : anonymous;
}
