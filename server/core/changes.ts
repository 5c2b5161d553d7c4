// Channels by which processes wake each other, and change hints: "domain X, ids […] changed", sent by NOTIFY inside the transaction; browsers then
// read again. Data never travels in the hint, and one that is lost is made up for: whoever listens looks by itself as well.
import type { Sql } from "./sql.ts";

export const changeDomains = [
  "nodes",
  "findings",
  "repairs",
  "approvals",
  "freeze",
  "containers",
  "tokens",
  "accounts",
  "patrols",
  "incidents",
  "checks",
  "rollouts",
  "leases",
  "diagnosis",
  "debug",
  "shells",
  "knowledge",
] as const;
export type ChangeDomain = (typeof changeDomains)[number];
/** Empty ids mean "any of them". */
export type Change = { domain: ChangeDomain; ids: string[] };

/** PostgreSQL channel of the hints. */
export const CHANGES_CHANNEL = "nodeops_changed";
/** Channel that tells gateways of new signed commands; payload: node ids, comma-separated. */
export const COMMANDS_CHANNEL = "nodeops_commands";
/** Channel that asks gateways to have a node look again now; payload {nodeId, kinds}. */
export const COLLECT_CHANNEL = "nodeops_collect";
/** Commands that wait for the dispatcher; payload: the node's id. */
export const QUEUED_CHANNEL = "nodeops_queued";
/** New signatures (rows of `approval`), for the dispatcher and the workers; payload: their kind. */
export const APPROVALS_CHANNEL = "nodeops_approvals";
/** The fleet was frozen, or a freeze was lifted; payload: the epoch. */
export const FREEZE_CHANNEL = "nodeops_freeze";
/** Somebody typed into a shell; payload: the shell's id. */
export const SHELL_INPUT_CHANNEL = "nodeops_shell_input";
/** A shell printed something or ended; payload: the shell's id. */
export const SHELL_OUTPUT_CHANNEL = "nodeops_shell_output";
/** NOTIFY payloads end at 8000 bytes: with more ids than this the hint says "any". */
const IDS_MAX = 150;

/** Anything that can run one SQL statement: a Prisma client, its transaction, or a pg client through a small runner. */
export type Runner = { $executeRaw: (query: Sql) => Promise<number> };

/** The hint as NOTIFY carries it. */
export const hintOf = ({ domain, ids }: Change): string =>
  JSON.stringify({ domain, ids: ids.length > IDS_MAX ? [] : ids });

/** Queues hints that go out when the transaction commits. */
export async function publishChanges(tx: Runner, changes: Change[]): Promise<void> {
  // Loaded when first used: whoever needs only the channels' names is spared Prisma (50 MB).
  const { sql } = await import("./sql.ts");
  for (const change of changes) await tx.$executeRaw(sql`SELECT pg_notify(${CHANGES_CHANNEL}, ${hintOf(change)})`);
}
