// Rows of a small fleet for database tests.
import { randomUUID } from "node:crypto";
import type { PrismaClient } from "../generated/prisma/client.ts";
import { type Grant, type Permission, permissions, type Role } from "../server/core/access.ts";
import { anonymous, type Context } from "../server/core/context.ts";

/** No row has it: a token that acts in tests only. */
const TOKEN_ID = "00000000-0000-7000-8000-0000000000aa";

/** A context with a fixed clock; `role` is held in the whole fleet, null is somebody who has not signed in. */
export function contextOf(db: PrismaClient, role: Role | null, now: () => Date = () => new Date()): Context {
  return role === null
    ? { db, actor: anonymous, now, requestId: "test" }
    : contextWith(db, [{ role, selector: "*" }], { now, name: `the ${role}` });
}

/** A context with exactly these grants, as a token with these scopes; made for all permissions by name unless told. */
export function contextWith(
  db: PrismaClient,
  grants: readonly Grant[],
  {
    scopes = Object.keys(permissions) as Permission[],
    name = "the tester",
    now = () => new Date(),
  }: { scopes?: readonly Permission[] | null; name?: string; now?: () => Date } = {},
): Context {
  return { db, actor: { kind: "token", id: TOKEN_ID, name, grants, scopes, ownerId: null }, now, requestId: "test" };
}

/** Adds a node; returns its id. */
export async function addNode(
  db: PrismaClient,
  node: { name: string } & Partial<{
    pool: string;
    zone: string;
    rack: string;
    state: string;
    kernel: string;
    labels: Record<string, string>;
    addresses: string[];
    containerCount: number;
  }>,
): Promise<string> {
  const at = new Date();
  const id = randomUUID();
  await db.node.create({
    data: {
      id,
      ...node,
      stateSince: at,
      enrolledAt: at,
      machineId: randomUUID(),
      certificateSerial: "01",
      certificateExpiresAt: new Date(at.getTime() + 86_400_000),
    },
    select: { id: true },
  });
  return id;
}
