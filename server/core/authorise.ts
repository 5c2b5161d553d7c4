// The one decision: may this actor use this verb, and where. Pure; server/core/verb.ts asks it before anything else happens.
import { holds, holdsFleetWide, type On, type Permission, STEP_UP_MS } from "./access.ts";
import type { Actor } from "./context.ts";
import { AppError } from "./errors.ts";
import { nowhere, type Scope, scopeFor, wholeFleet } from "./scope.ts";

/** What a verb declares about itself. */
export type Rule = {
  /** Audit action, metric label, path of the procedure: "findings.acknowledge". */
  name: string;
  access: Permission;
  on: On;
};

/** Whether this session's person was there within STEP_UP_MS; true for whoever is no person. */
export const isPresent = (actor: Actor, now: Date): boolean =>
  actor.kind !== "user" || (actor.verifiedAt !== null && now.getTime() - actor.verifiedAt.getTime() <= STEP_UP_MS);

/**
 * Where the actor may use the verb. A verb `on` the whole fleet has all of it, one about oneself no node at all.
 * @throws AppError("unauthenticated" | "forbidden")
 */
export function authorise({ name, access, on }: Rule, actor: Actor): Scope {
  if (actor.kind === "anonymous")
    throw new AppError("unauthenticated", `${name}: not signed in`, { publicMessage: "Sign in first." });
  // Oneself is open to every person, also before any right was given or while a one-time password waits to be changed.
  const isOwn = on === "self" && access === "accounts:self" && actor.kind === "user";
  if (!isOwn && !holds(actor, access))
    throw new AppError("forbidden", `${name}: no grant of ${actor.kind}:${actor.id} carries ${access}`, {
      publicMessage: "Your rights do not allow this.",
    });
  if (on === "fleet" && !holdsFleetWide(actor, access))
    throw new AppError("forbidden", `${name}: ${actor.kind}:${actor.id} has ${access} for a part of the fleet only`, {
      publicMessage: "This takes rights for the whole fleet.",
    });
  if (on === "fleet") return wholeFleet;
  return on === "node" ? scopeFor(actor, access) : nowhere;
}

/** @throws AppError("forbidden", details {stepUp: true}) when a person has not confirmed lately */
export function requirePresence(name: string, actor: Actor, now: Date): void {
  if (isPresent(actor, now)) return;
  throw new AppError("forbidden", `${name}: no recent proof of presence`, {
    publicMessage: "Confirm first that it is you.",
    details: { stepUp: true },
  });
}
