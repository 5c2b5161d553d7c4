// What a plan for one node is made from, read for many nodes at once.

import type { ChangeContext } from "../../changes/define.ts";
import type { AnyChange } from "../../changes/list.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { FactKind, Facts } from "../../protocol/facts.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { isGatewayAlive, toView } from "../inspections/facts.ts";

export type NodeNow = {
  id: string;
  name: string;
  pool: string;
  zone: string;
  state: string;
  criticalCount: number;
  labels: Record<string, string>;
  isConnected: boolean;
  isRevoked: boolean;
  isQuarantined: boolean;
  isProtected: boolean;
  kernel: string;
  runtimes: string;
  lastSeenAt: Date | null;
  disconnectedAt: Date | null;
};

/** Rows of these nodes; one that was removed for good is missing. */
export const readNodes = (db: Tx | PrismaClient, ids: readonly string[]): Promise<NodeNow[]> =>
  db.$queryRaw<NodeNow[]>(sql`
    SELECT n.id, n.name, n.pool, n.zone, n.state, n.critical_count AS "criticalCount", n.labels, n.is_connected AS "isConnected",
      n.revoked_at IS NOT NULL AS "isRevoked", n.quarantined_at IS NOT NULL AS "isQuarantined", n.kernel, n.runtimes,
      (coalesce(n.labels ->> 'nodeops.io/protected', '') = 'true' OR jsonb_exists(n.labels, 'node-role.kubernetes.io/control-plane')) AS "isProtected",
      n.last_seen_at AS "lastSeenAt", n.disconnected_at AS "disconnectedAt"
    FROM node n WHERE n.id = ANY(${[...ids]}::uuid[])`);

type FactRow = { nodeId: string; kind: FactKind; data: unknown; error: string | null; at: Date; receivedAt: Date };
type FindingRow = { id: string; checkId: string; subject: string; params: unknown };

/** A node's clock, by which the ages of its facts are taken. */
const CLOCK: FactKind = "timeSync";

/** Facts of these nodes. @param kinds those that are read; undefined: all */
function readFacts(db: Tx | PrismaClient, ids: readonly string[], kinds: readonly FactKind[] | undefined) {
  if (ids.length === 0 || kinds?.length === 0) return [];
  const some = kinds ? sql`AND kind = ANY(${[...kinds, CLOCK]}::text[])` : sql``;
  return db.$queryRaw<FactRow[]>(sql`
    SELECT node_id AS "nodeId", kind, data, error, at, received_at AS "receivedAt" FROM node_fact WHERE node_id = ANY(${[...ids]}::uuid[]) ${some}`);
}

/** Contexts of these nodes for this change, facts as a live session confirms them. @param findingIds by node, for repairs */
export async function contextsOf(
  db: Tx | PrismaClient,
  { needs }: Pick<AnyChange, "needs">,
  nodes: readonly NodeNow[],
  findingIds: ReadonlyMap<string, string>,
  now: Date,
): Promise<Map<string, ChangeContext>> {
  // One after the other: a transaction has one connection.
  const ids = nodes.map(({ id }) => id);
  const facts = await readFacts(db, ids, needs);
  const findings =
    findingIds.size === 0
      ? []
      : await db.$queryRaw<FindingRow[]>(sql`SELECT id, check_id AS "checkId", subject, params FROM finding
          WHERE id = ANY(${[...findingIds.values()]}::uuid[]) AND state IN ('open', 'flapping')`);
  const isAlive = await isGatewayAlive(db, now);
  const factsOf = Map.groupBy(facts, ({ nodeId }) => nodeId);
  const findingOf = new Map(findings.map((finding) => [finding.id, finding]));
  return new Map(
    nodes.map((node) => {
      const view = toView(factsOf.get(node.id) ?? [], node, isAlive, now);
      const finding = findingOf.get(findingIds.get(node.id) ?? "");
      const { id, name, labels } = node;
      const context: ChangeContext = {
        node: { id, name, labels },
        facts: view.facts satisfies Facts,
        now: view.now,
        // Written by the check as a record.
        finding: finding ? { ...finding, params: finding.params as Record<string, unknown> } : null,
      };
      return [id, context];
    }),
  );
}
