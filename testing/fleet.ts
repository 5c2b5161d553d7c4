// Rows of a small fleet for database tests.
import { randomUUID } from "node:crypto";
import type { PrismaClient } from "../generated/prisma/client.ts";
import type { Role } from "../server/core/access.ts";
import type { Context } from "../server/core/context.ts";

/** A context with a fixed clock; `role` null is somebody who has not signed in. */
export function contextOf(db: PrismaClient, role: Role | null, now: () => Date = () => new Date()): Context {
  const actor =
    role === null
      ? ({ kind: "anonymous", id: "anonymous", name: "anonymous", role: null } as const)
      : ({ kind: "token", id: "t1", name: `the ${role}`, role } as const);
  return { db, actor, now, requestId: "test" };
}

/** Adds a node; returns its id. */
export async function addNode(
  db: PrismaClient,
  node: { name: string } & Partial<{
    pool: string;
    zone: string;
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
