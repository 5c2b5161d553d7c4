// Who may hear of a change. The event stream (server/api/events.ts) asks for each listener and hint.
import { holds, type Permission } from "./access.ts";
import type { Change, ChangeDomain } from "./changes.ts";
import type { Actor } from "./context.ts";

/** What one must be allowed to read, anywhere, to be told that something of a domain changed; null: nothing. A domain without a line does not compile. */
const readBy: Record<ChangeDomain, Permission | null> = {
  nodes: "nodes:read",
  findings: "findings:read",
  repairs: "repairs:read",
  approvals: "repairs:read",
  freeze: "freeze:read",
  containers: "containers:read",
  tokens: "tokens:read",
  // One's own account among them, which people without any grant have as well.
  accounts: null,
  patrols: "patrols:read",
  checks: "checks:read",
  rollouts: "rollouts:read",
  leases: "rollouts:read",
  incidents: "checks:read",
  knowledge: "knowledge:read",
  diagnosis: "diagnosis:ask",
  debug: "debug:run",
  shells: "shells:read",
};

/**
 * Whether an actor may hear of a change.
 *
 * Hints are not narrowed to a part of the fleet: they carry random ids and no data, they are sent while the row may be gone already, and whoever
 * reads a foreign id again is told that there is no such thing (the matrix test proves it for every verb). What remains to be learnt is that
 * something changed somewhere.
 */
export function mayHear(actor: Actor, change: Pick<Change, "domain">): boolean {
  const permission = readBy[change.domain];
  return actor.kind !== "anonymous" && (permission === null || holds(actor, permission));
}
