// What every verb gets: database, actor, clock and a way to say "this changed".
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Grant, Permission, Role } from "./access.ts";

/** Who acts. `system` is a process of ours acting by itself; it may do everything its verb allows. */
export type Actor =
  | {
      kind: "user";
      id: string;
      name: string;
      /** Rights, the fleet-wide ones with selector "*". */
      grants: readonly Grant[];
      sessionId: string;
      /** When this session last proved that its person is there. */
      verifiedAt: Date | null;
      breakGlassUntil: Date | null;
    }
  | {
      kind: "token";
      id: string;
      name: string;
      grants: readonly Grant[];
      /** Permissions it is limited to; null: all of its role. */
      scopes: readonly Permission[] | null;
      /** User id of the person whose it is, e.g. the first admin for the local command line. */
      ownerId: string | null;
    }
  | { kind: "system"; id: string; name: string; grants: readonly Grant[] }
  | { kind: "anonymous"; id: "anonymous"; name: "anonymous"; grants: readonly [] };

export const anonymous: Actor = { kind: "anonymous", id: "anonymous", name: "anonymous", grants: [] };
export const systemActor = (process: string): Actor => ({
  kind: "system",
  id: process,
  name: process,
  grants: [{ role: "admin", selector: "*" }],
});

/** The role in the whole fleet, for display; null when there are only grants for parts of it. */
export const fleetRole = (actor: Actor): Role | null =>
  actor.grants.find(({ selector }) => selector === "*")?.role ?? null;

/** "user:<id>" of the person behind an actor, null for programs that are nobody's: two-person rules compare persons, not tokens. */
export function personOf(actor: Actor): string | null {
  if (actor.kind === "user") return `user:${actor.id}`;
  return actor.kind === "token" && actor.ownerId !== null ? `user:${actor.ownerId}` : null;
}

/** "user:ab12", as it stands in audit rows and `requestedBy`. */
export const actorRef = (actor: Actor): string => `${actor.kind}:${actor.id}`;

/** Interactive transaction of Prisma: everything but what would open another one. */
export type Tx = Omit<PrismaClient, "$connect" | "$disconnect" | "$on" | "$transaction" | "$extends">;

export type Context = {
  db: PrismaClient;
  actor: Actor;
  now: () => Date;
  requestId: string | null;
  /** Address the request came from. */
  address?: string | null;
};
