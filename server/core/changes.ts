// Change hints: "domain X, ids […] changed", sent by NOTIFY inside the transaction; browsers then read again. Data never travels in the hint.
import { type Sql, sql } from "./sql.ts";

export const changeDomains = ["nodes", "findings", "repairs", "containers", "tokens", "accounts"] as const;
export type ChangeDomain = (typeof changeDomains)[number];
/** Empty ids mean "any of them". */
export type Change = { domain: ChangeDomain; ids: string[] };

/** PostgreSQL channel of the hints. */
export const CHANGES_CHANNEL = "nodeops_changed";
/** Channel that tells gateways of new signed commands; payload: node ids, comma-separated. */
export const COMMANDS_CHANNEL = "nodeops_commands";
/** Channel that asks gateways to have a node look again now; payload {nodeId, kinds}. */
export const COLLECT_CHANNEL = "nodeops_collect";
/** NOTIFY payloads end at 8000 bytes: with more ids than this the hint says "any". */
const IDS_MAX = 150;

/** Anything that can run one SQL statement: a Prisma client, its transaction, or a pg client through `pgRunner`. */
export type Runner = { $executeRaw: (query: Sql) => Promise<number> };

/** Queues hints that go out when the transaction commits. */
export async function publishChanges(tx: Runner, changes: Change[]): Promise<void> {
  for (const { domain, ids } of changes) {
    const payload = JSON.stringify({ domain, ids: ids.length > IDS_MAX ? [] : ids });
    await tx.$executeRaw(sql`SELECT pg_notify(${CHANGES_CHANNEL}, ${payload})`);
  }
}
