// Inspects a batch of nodes: facts in, findings and outcomes out. Reading and writing are one transaction per chunk, so doing it twice at once or again does no harm.

import type { Check } from "../../checks/define.ts";
import { checks as catalogue } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { FindingState } from "../findings/schema.ts";
import { refreshNodeStates } from "../nodes/set-state.ts";
import { isGatewayAlive, type StoredFact, toView } from "./facts.ts";
import { type FindingLife, FLAP_WINDOW_MS, type Predecessor } from "./life.ts";
import { lockFindings } from "./lock.ts";
import { type LiveFinding, lookAtNode } from "./look.ts";
import { type StepInput, type StoredContent, storeFindings, storeResults } from "./store.ts";

export type Inspected = {
  nodes: number;
  opened: number;
  closed: number;
  errors: { nodeId: string; checkId: string; message: string }[];
};

/** Nodes of one transaction: keeps it to tens of milliseconds. */
const CHUNK = 25;

/**
 * Evaluates every check on these nodes; removed nodes are left out.
 * @param options.checks another catalogue than the real one, for tests
 */
export async function inspect(
  db: PrismaClient,
  nodeIds: readonly string[],
  now: Date,
  options: { checks?: readonly Check[] } = {},
): Promise<Inspected> {
  const ids = [...new Set(nodeIds)].sort();
  const total: Inspected = { nodes: 0, opened: 0, closed: 0, errors: [] };
  for (let at = 0; at < ids.length; at += CHUNK) {
    const done = await db.$transaction(
      (tx) => inspectChunk(tx, ids.slice(at, at + CHUNK), now, options.checks ?? catalogue),
      {
        timeout: 20_000,
        maxWait: 10_000,
      },
    );
    total.nodes += done.nodes;
    total.opened += done.opened;
    total.closed += done.closed;
    total.errors.push(...done.errors);
  }
  return total;
}

type FindingRow = StoredContent & {
  id: string;
  nodeId: string;
  checkId: string;
  subject: string;
  state: string;
  firstSeenAt: Date;
  openedAt: Date | null;
  lastSeenAt: Date;
  recoveringAt: Date | null;
  flapCount: number;
  isRepaired: boolean;
};
type PredecessorRow = {
  nodeId: string;
  checkId: string;
  subject: string;
  closedAt: Date;
  firstSeenAt: Date;
  flapCount: number;
};

async function load(tx: Tx, nodeIds: string[], now: Date) {
  const nodes = await tx.node.findMany({
    where: { id: { in: nodeIds }, revokedAt: null },
    orderBy: { id: "asc" },
    select: { id: true, isConnected: true, lastSeenAt: true, disconnectedAt: true },
  });
  const facts = await tx.nodeFact.findMany({
    where: { nodeId: { in: nodeIds } },
    select: { nodeId: true, kind: true, data: true, error: true, at: true, receivedAt: true },
  });
  // Closed during or by a repair: it verifies right now, or it succeeded after the problem was last seen.
  const findings = await tx.$queryRaw<FindingRow[]>(sql`
    SELECT f.id, f.node_id AS "nodeId", f.check_id AS "checkId", f.subject, f.state, f.severity, f.reason, f.message, f.evidence, f.params,
      f.cause_key AS "causeKey", f.first_seen_at AS "firstSeenAt", f.opened_at AS "openedAt", f.last_seen_at AS "lastSeenAt",
      f.recovering_at AS "recoveringAt", f.flap_count AS "flapCount",
      EXISTS (SELECT 1 FROM repair r WHERE r.finding_id = f.id AND r.undo_of_id IS NULL
        AND (r.state = 'verifying' OR (r.state = 'succeeded' AND r.ended_at >= f.last_seen_at))) AS "isRepaired"
    FROM finding f WHERE f.node_id = ANY(${nodeIds}::uuid[]) AND f.state <> 'closed' ORDER BY f.id`);
  const since = new Date(now.getTime() - FLAP_WINDOW_MS);
  const predecessors = await tx.$queryRaw<PredecessorRow[]>(sql`
    SELECT DISTINCT ON (node_id, check_id, subject) node_id AS "nodeId", check_id AS "checkId", subject, closed_at AS "closedAt",
      first_seen_at AS "firstSeenAt", flap_count AS "flapCount"
    FROM finding WHERE node_id = ANY(${nodeIds}::uuid[]) AND state = 'closed' AND closed_at >= ${since}
    ORDER BY node_id, check_id, subject, closed_at DESC`);
  const statuses = await tx.checkStatus.findMany({
    where: { nodeId: { in: nodeIds } },
    select: { nodeId: true, checkId: true, status: true, reason: true, checkedAt: true },
  });
  return { nodes, facts, findings, predecessors, statuses };
}

const lifeOf = (row: FindingRow): FindingLife => ({
  state: FindingState.parse(row.state),
  firstSeenAt: row.firstSeenAt.getTime(),
  openedAt: row.openedAt?.getTime() ?? null,
  lastSeenAt: row.lastSeenAt.getTime(),
  recoveringAt: row.recoveringAt?.getTime() ?? null,
  closedAt: null,
  closeReason: null,
  flapCount: row.flapCount,
});

const contentOf = ({ severity, reason, message, evidence, params, causeKey }: FindingRow): StoredContent => ({
  severity,
  reason,
  message,
  evidence,
  params,
  causeKey,
});

function groupBy<T extends { nodeId: string }>(rows: readonly T[]): Map<string, T[]> {
  return Map.groupBy(rows, ({ nodeId }) => nodeId);
}

async function inspectChunk(tx: Tx, nodeIds: string[], now: Date, checks: readonly Check[]): Promise<Inspected> {
  await lockFindings(tx, nodeIds);
  const loaded = await load(tx, nodeIds, now);
  const gatewayAlive = await isGatewayAlive(tx, now);
  const factsOf = groupBy<StoredFact & { nodeId: string }>(loaded.facts);
  const findingsOf = groupBy(loaded.findings);
  const statusesOf = groupBy(loaded.statuses);
  const predecessors = new Map(
    loaded.predecessors.map((row): [string, Predecessor] => [
      `${row.nodeId}/${row.checkId}/${row.subject}`,
      { closedAt: row.closedAt.getTime(), firstSeenAt: row.firstSeenAt.getTime(), flapCount: row.flapCount },
    ]),
  );
  const byCheck = new Map(checks.map((check) => [check.id, check]));
  const steps: StepInput[] = [];
  const errors: Inspected["errors"] = [];
  const results = loaded.nodes.map((node) => {
    const rows = findingsOf.get(node.id) ?? [];
    const contents = new Map(rows.map((row) => [row.id, contentOf(row)]));
    const live = rows.map(
      (row): LiveFinding => ({
        id: row.id,
        checkId: row.checkId,
        subject: row.subject,
        life: lifeOf(row),
        isRepaired: row.isRepaired,
      }),
    );
    const look = lookAtNode({
      checks,
      view: toView(factsOf.get(node.id) ?? [], node, gatewayAlive, now),
      live,
      predecessor: (checkId, subject) => predecessors.get(`${node.id}/${checkId}/${subject}`) ?? null,
      now: now.getTime(),
    });
    errors.push(...look.errors.map((error) => ({ nodeId: node.id, ...error })));
    steps.push(
      ...look.steps.map((step) => ({
        ...step,
        nodeId: node.id,
        check: byCheck.get(step.checkId),
        content: step.before ? (contents.get(step.before.id) ?? null) : null,
      })),
    );
    return { nodeId: node.id, results: look.results, stored: statusesOf.get(node.id) ?? [] };
  });
  const count = await storeFindings(tx, steps);
  await storeResults(tx, results, [...byCheck.keys()], now);
  await refreshNodeStates(
    tx,
    loaded.nodes.map(({ id }) => id),
    now,
  );
  return { nodes: loaded.nodes.length, ...count, errors };
}
