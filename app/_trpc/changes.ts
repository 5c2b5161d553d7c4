// Which queries a change hint makes stale: the one table from domain to procedures. Pure.
import type { Change, ChangeDomain } from "../../server/core/changes.ts";

/** Procedures (or whole domains) that read each domain. */
const readers: Record<ChangeDomain, readonly string[]> = {
  nodes: ["nodes", "overview", "joinTokens.list", "patrols.previewCount", "budget"],
  findings: [
    "findings",
    "overview",
    "incidents",
    "inspections",
    "mutes",
    "customChecks.list",
    "customChecks.get",
    "nodes.list",
    "nodes.get",
    "nodes.timeline",
    "repairs.preview",
  ],
  repairs: [
    "repairs",
    "overview",
    "findings.get",
    "findings.list",
    "findings.groups",
    "incidents.get",
    "inspections",
    "modes",
    "nodes.timeline",
    "nodes.history",
    "approvals",
    // What we are doing about a question.
    "diagnosis.case",
    "diagnosis.mine",
    // A shell is the run of the same id, until it is open.
    "shells.list",
    "shells.get",
  ],
  approvals: ["diagnosis.case", "approvals", "repairs.get", "repairs.preview", "rollouts.get", "accounts.passkeys"],
  debug: ["debug", "approvals"],
  shells: ["shells.list", "shells.get"],
  freeze: ["freeze", "approvals"],
  containers: ["containers", "nodes.get"],
  tokens: ["joinTokens", "accounts.tokens"],
  accounts: ["accounts"],
  // A check in shadow publishes no findings: its counts are read again when a look ended.
  patrols: ["patrols", "customChecks.backTestRun", "customChecks.list", "customChecks.get"],
  incidents: ["incidents", "overview", "findings.get", "findings.list", "repairs.preview"],
  // The catalogue with its modes and mutes, and checks that were written here. What the editor shows is asked for as one types.
  checks: [
    "customChecks.list",
    "customChecks.get",
    "inspections",
    "mutes",
    "modes",
    "findings.get",
    "findings.list",
    "repairs.preview",
  ],
  // What is previewed is asked for as one fills the wizard in.
  rollouts: [
    "rollouts.list",
    "rollouts.get",
    "rollouts.targets",
    "rollouts.looks",
    "rollouts.events",
    "rollouts.templates",
    "approvals",
    "nodes.timeline",
  ],
  diagnosis: ["diagnosis.case", "diagnosis.mine", "diagnosis.review"],
  // What is previewed is asked for as one types.
  knowledge: ["knowledge.list", "knowledge.get", "findings.get", "inspections", "diagnosis.case"],
  leases: ["leases", "budget", "rollouts.get", "nodes.get", "repairs.preview"],
};

/** Reads of one thing, with the input field that names it: such a query is stale only when the hint names that thing (or any). */
const single: Record<string, { domain: ChangeDomain; field: string }> = {
  "nodes.get": { domain: "nodes", field: "node" },
  "nodes.facts": { domain: "nodes", field: "node" },
  "nodes.history": { domain: "nodes", field: "node" },
  "nodes.timeline": { domain: "nodes", field: "node" },
  "findings.get": { domain: "findings", field: "id" },
  "repairs.get": { domain: "repairs", field: "id" },
  "diagnosis.case": { domain: "diagnosis", field: "id" },
  "shells.get": { domain: "shells", field: "id" },
  "incidents.get": { domain: "incidents", field: "id" },
  "rollouts.get": { domain: "rollouts", field: "id" },
  "rollouts.targets": { domain: "rollouts", field: "id" },
  "rollouts.looks": { domain: "rollouts", field: "id" },
  "rollouts.events": { domain: "rollouts", field: "id" },
};

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A hint as the stream carries it; "*" stands for everything (the server lost track for a moment). */
export type Hint = Change | { domain: "*" };

/** Whether a query (procedure such as "nodes.get" and its input) must be read again after `change`. */
export function isStale(change: Hint, procedure: string, input: unknown): boolean {
  if (change.domain === "*") return true;
  const reads = readers[change.domain].some((reader) => procedure === reader || procedure.startsWith(`${reader}.`));
  if (!reads) return false;
  const one = single[procedure];
  if (!one || one.domain !== change.domain || change.ids.length === 0) return true;
  const id = typeof input === "object" && input !== null ? (input as Record<string, unknown>)[one.field] : undefined;
  // A node may be named instead of numbered: then the hint cannot rule it out.
  return typeof id !== "string" || !UUID.test(id) || change.ids.includes(id);
}

/** Parses one hint of the event stream; null for anything else (a newer server may send more). */
export function parseChange(data: string): Hint | null {
  try {
    const value: unknown = JSON.parse(data);
    if (typeof value !== "object" || value === null) return null;
    const { domain, ids } = value as Record<string, unknown>;
    if (domain === "*") return { domain };
    if (typeof domain !== "string" || !Object.hasOwn(readers, domain)) return null;
    return {
      domain: domain as ChangeDomain,
      ids: Array.isArray(ids) ? ids.filter((id) => typeof id === "string") : [],
    };
  } catch {
    return null;
  }
}
