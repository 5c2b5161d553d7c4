// Who may do what: one table of role × permission, read by verbs and by the console alike. Client-safe.

import { isWholeFleet, parseSelector } from "../../selectors/parse.ts";

export const roles = ["viewer", "user", "operator", "approver", "admin"] as const;
export type Role = (typeof roles)[number];

const everyone: readonly Role[] = roles;
const staff: readonly Role[] = ["operator", "approver", "admin"];
const admins: readonly Role[] = ["admin"];

/** A role that is not listed is denied. */
export const permissions = {
  "nodes:read": everyone,
  "nodes:write": ["operator", "admin"],
  /** Let a quarantined identity in again, revoke for good. */
  "nodes:trust": admins,
  "findings:read": everyone,
  "findings:write": ["operator", "admin"],
  /** The catalogue, its figures and modes, mutes, incidents. */
  "checks:read": everyone,
  /** Write checks at run time. */
  "checks:write": ["operator", "admin"],
  /** How far the product may go by itself. */
  "checks:mode": admins,
  "patrols:read": everyone,
  "patrols:run": ["operator", "admin"],
  "patrols:write": ["operator", "admin"],
  "repairs:read": everyone,
  /** Ask for a repair; somebody who may run it releases it. */
  "repairs:request": ["user", "operator", "admin"],
  "repairs:run": ["operator", "admin"],
  "repairs:approve": ["approver", "admin"],
  "rollouts:read": everyone,
  /** Plan, start, pause, go on, stop, take back. */
  "rollouts:run": ["operator", "admin"],
  "rollouts:approve": ["approver", "admin"],
  /** How much of a pool may be away at once. */
  "budgets:write": admins,
  /** Take a node out of use for a while. */
  "leases:write": ["operator", "admin"],
  "containers:read": everyone,
  /** Ask what is wrong; say whether the answer helped. */
  "diagnosis:ask": everyone,
  /** See what others asked, close their cases. */
  "diagnosis:review": ["operator", "admin"],
  "knowledge:read": everyone,
  "knowledge:write": ["operator", "admin"],
  /** Publish what somebody else wrote. */
  "knowledge:review": ["approver", "admin"],
  /** Look into a container or node through its agent, read-only. */
  "debug:run": ["operator", "admin"],
  "shells:read": staff,
  "shells:open": ["operator", "admin"],
  /** End anybody's: always on the safe side. */
  "shells:stop": staff,
  "freeze:read": everyone,
  "freeze:set": staff,
  "freeze:lift": ["approver", "admin"],
  /** Approval keys: see them, ask for one's own, sign for others'. */
  "keys:read": staff,
  "keys:sign": ["approver", "admin"],
  "tokens:read": staff,
  "tokens:write": admins,
  "accounts:self": everyone,
  "accounts:read": admins,
  "accounts:write": admins,
  "audit:read": staff,
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

/** A role within a part of the fleet; `selector` is text of selectors/, "*" the whole fleet. */
export type Grant = { role: Role; selector: string };

/**
 * What a verb is about, declared beside its permission:
 * - `fleet`: the whole fleet or the console itself; the permission must come from a grant for "*"
 * - `node`: nodes and what belongs to them; the permission may come from any grant and then holds for its part only
 * - `self`: the caller itself; any grant will do, and for "accounts:self" a person needs none
 */
export type On = "fleet" | "node" | "self";

/** A verb with `stepUp` asks for a proof of presence that is not older than this, ms. */
export const STEP_UP_MS = 15 * 60_000;

/** Whoever has grants: an actor, or a browser that knows its own. `scopes` are the only permissions an API token is good for. */
export type Holder = { grants: readonly Grant[]; scopes?: readonly Permission[] | null };

/** True only when the table lists the role. */
export function can(role: Role | null | undefined, permission: Permission): boolean {
  return role != null && (permissions[permission] as readonly Role[]).includes(role);
}

/** Grants that carry the permission. A selector that nobody can read carries nothing. */
export function grantsFor(holder: Holder, permission: Permission): Grant[] {
  if (holder.scopes && !holder.scopes.includes(permission)) return [];
  return holder.grants.filter(({ role, selector }) => can(role, permission) && parseSelector(selector).ok);
}

/** Whether the permission is held anywhere. What to show in the console; what is done is decided by verbs. */
export const holds = (holder: Holder, permission: Permission): boolean => grantsFor(holder, permission).length > 0;

/** Whether the permission is held for the whole fleet. */
export const holdsFleetWide = (holder: Holder, permission: Permission): boolean =>
  grantsFor(holder, permission).some(({ selector }) => isWholeFleet(selector));
