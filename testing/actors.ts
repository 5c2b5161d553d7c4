// People and tokens as rows, and the headers by which a request is theirs, for tests over real HTTP.
import { createHmac, randomBytes, randomUUID } from "node:crypto";
import type { PrismaClient } from "../generated/prisma/client.ts";
import { hashToken, newToken } from "../server/accounts/one-time.ts";
import type { Grant, Permission, Role } from "../server/core/access.ts";

const HOUR_MS = 3_600_000;

export type Rights = { role?: Role | null; grants?: readonly Grant[] };
type StoredGrant = { role: string; selector: string; createdBy: string; createdAt: Date; expiresAt?: Date };

const grantRows = (grants: readonly Grant[], at: Date, expiresAt?: Date): StoredGrant[] =>
  grants.map(({ role, selector }) => ({
    role,
    selector,
    createdBy: "test",
    createdAt: at,
    ...(expiresAt ? { expiresAt } : {}),
  }));

/** An API token; returns its id and what is sent in the Authorization header. */
export async function addToken(
  prisma: PrismaClient,
  at: Date,
  input: Rights & {
    scopes?: readonly Permission[];
    ownerId?: string;
    expiresAt?: Date;
    revokedAt?: Date;
    grantsExpireAt?: Date;
  },
): Promise<{ id: string; headers: Record<string, string> }> {
  const token = newToken();
  const { role = null, grants = [], scopes = [], ownerId, expiresAt, revokedAt, grantsExpireAt } = input;
  const { id } = await prisma.apiToken.create({
    data: {
      name: "test token",
      hash: hashToken(token),
      role: role ?? "none",
      scopes: [...scopes],
      createdBy: "test",
      createdAt: at,
      expiresAt: expiresAt ?? new Date(at.getTime() + HOUR_MS),
      ...(ownerId ? { ownerId } : {}),
      ...(revokedAt ? { revokedAt } : {}),
      // Rights of a token are rows, also those in the whole fleet.
      grants: { create: grantRows([...(role ? [{ role, selector: "*" }] : []), ...grants], at, grantsExpireAt) },
    },
    select: { id: true },
  });
  return { id, headers: { authorization: `Bearer ${token}` } };
}

export type PersonRows = {
  userId: string;
  sessionId: string;
  passkey: string;
  apiToken: string;
  headers: Record<string, string>;
};

/** Somebody with a session; `secret` and `cookieName` are those of the auth under test. */
export async function addPerson(
  prisma: PrismaClient,
  at: Date,
  auth: { secret: string; cookieName: string },
  input: Rights & { verifiedAt?: Date | null; disabledAt?: Date; sessionEndsAt?: Date },
): Promise<PersonRows> {
  const id = randomUUID();
  const token = randomBytes(24).toString("base64url");
  const passkey = randomBytes(16).toString("base64url");
  const { role = null, grants = [], verifiedAt = at, disabledAt, sessionEndsAt } = input;
  await prisma.user.create({
    data: {
      id,
      name: "Test Person",
      email: `${id}@example.org`,
      role: role ?? "none",
      createdAt: at,
      ...(disabledAt ? { disabledAt } : {}),
      passkeys: { create: { id: passkey, name: "test", publicKey: "x", createdAt: at } },
      grants: { create: grantRows(grants, at) },
    },
    select: { id: true },
  });
  const session = await prisma.session.create({
    data: {
      id: randomUUID(),
      token,
      userId: id,
      createdAt: at,
      updatedAt: at,
      expiresAt: sessionEndsAt ?? new Date(at.getTime() + HOUR_MS),
      verifiedAt,
    },
    select: { id: true },
  });
  const apiToken = await addToken(prisma, at, { role: "viewer", ownerId: id });
  const signature = createHmac("sha256", auth.secret).update(token).digest("base64");
  return {
    userId: id,
    sessionId: session.id,
    passkey,
    apiToken: apiToken.id,
    headers: { cookie: `${auth.cookieName}=${encodeURIComponent(`${token}.${signature}`)}` },
  };
}
