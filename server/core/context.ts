// What every verb gets: database, actor, clock and a way to say "this changed".
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Role } from "./access.ts";

/** Who acts. `system` is a process of ours acting by itself; it may do everything its verb allows. */
export type Actor =
  | { kind: "user"; id: string; name: string; role: Role }
  | { kind: "token"; id: string; name: string; role: Role }
  | { kind: "system"; id: string; name: string; role: "admin" }
  | { kind: "anonymous"; id: "anonymous"; name: "anonymous"; role: null };

export const anonymous: Actor = { kind: "anonymous", id: "anonymous", name: "anonymous", role: null };
export const systemActor = (process: string): Actor => ({ kind: "system", id: process, name: process, role: "admin" });

/** "user:ab12", as it stands in audit rows and `requestedBy`. */
export const actorRef = (actor: Actor): string => `${actor.kind}:${actor.id}`;

/** Interactive transaction of Prisma: everything but what would open another one. */
export type Tx = Omit<PrismaClient, "$connect" | "$disconnect" | "$on" | "$transaction" | "$extends">;

export type Context = {
  db: PrismaClient;
  actor: Actor;
  now: () => Date;
  requestId: string | null;
};
