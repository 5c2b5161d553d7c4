// Reads what a batch of looks needs, for many nodes in a few queries. Runs inside evaluate.ts's transaction.
import type { Prisma } from "../../generated/prisma/client.ts";
import type { Tx } from "../core/context.ts";
import { sql } from "../core/sql.ts";
import { FindingState } from "../findings/schema.ts";
import type { StoredFact } from "./facts.ts";
import { type FindingLife, FLAP_WINDOW_MS, type Predecessor } from "./life.ts";
import type { LiveFinding } from "./look.ts";
import type { StoredContent } from "./store.ts";

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
type PredecessorRow = { nodeId: string; checkId: string; subject: string } & {
  closedAt: Date;
  firstSeenAt: Date;
  flapCount: number;
};
type FactRow = Omit<StoredFact, "data"> & { nodeId: string; hash: string; data: string | null };

export type LoadedNode = {
  id: string;
  name: string;
  pool: string;
  zone: string;
  rack: string;
  labels: unknown;
  kernel: string;
  runtimes: string;
  isConnected: boolean;
  lastSeenAt: Date | null;
  disconnectedAt: Date | null;
  facts: (StoredFact & { hash: string })[];
  live: LiveFinding[];
  contents: ReadonlyMap<string, StoredContent>;
  predecessor: (checkId: string, subject: string) => Predecessor | null;
  inspection: { problems: Prisma.JsonValue; unknowns: Prisma.JsonValue; digest: string; dueAt: Date } | null;
};

const groupBy = <T extends { nodeId: string }>(rows: readonly T[]): Map<string, T[]> =>
  Map.groupBy(rows, ({ nodeId }) => nodeId);

/** The nodes that exist and are not removed, by id. */
export async function loadNodes(tx: Tx, nodeIds: readonly string[], now: Date): Promise<LoadedNode[]> {
  const ids = [...nodeIds];
  const nodes = await tx.node.findMany({
    where: { id: { in: ids }, revokedAt: null },
    orderBy: { id: "asc" },
    select: {
      id: true,
      name: true,
      pool: true,
      zone: true,
      rack: true,
      labels: true,
      kernel: true,
      runtimes: true,
      isConnected: true,
      lastSeenAt: true,
      disconnectedAt: true,
      inspection: { select: { problems: true, unknowns: true, digest: true, dueAt: true } },
    },
  });
  const facts = groupBy(
    await tx.$queryRaw<FactRow[]>(sql`
      SELECT node_id AS "nodeId", kind, hash, data::text AS data, error, at, received_at AS "receivedAt"
      FROM node_fact WHERE node_id = ANY(${ids}::uuid[])`),
  );
  const findings = groupBy(await readFindings(tx, ids));
  const predecessors = await readPredecessors(tx, ids, now);
  return nodes.map((node) => {
    const rows = findings.get(node.id) ?? [];
    return {
      ...node,
      facts: (facts.get(node.id) ?? []).map(({ nodeId: _, data, ...fact }) => ({
        ...fact,
        data: data === null ? null : (JSON.parse(data) as unknown),
      })),
      live: rows.map(
        (row): LiveFinding => ({
          id: row.id,
          checkId: row.checkId,
          subject: row.subject,
          life: lifeOf(row),
          isRepaired: row.isRepaired,
        }),
      ),
      contents: new Map(rows.map((row) => [row.id, contentOf(row)])),
      predecessor: (checkId, subject) => predecessors.get(`${node.id}/${checkId}/${subject}`) ?? null,
    };
  });
}

/** Closed during or by a repair: it verifies right now, or it succeeded after the problem was last seen. */
const readFindings = (tx: Tx, ids: string[]): Promise<FindingRow[]> =>
  tx.$queryRaw<FindingRow[]>(sql`
    SELECT f.id, f.node_id AS "nodeId", f.check_id AS "checkId", f.subject, f.state, f.severity, f.reason, f.message, f.evidence, f.params,
      f.cause_key AS "causeKey", f.is_shadow AS "isShadow", f.mute_id AS "muteId", f.first_seen_at AS "firstSeenAt",
      f.opened_at AS "openedAt", f.last_seen_at AS "lastSeenAt", f.recovering_at AS "recoveringAt", f.flap_count AS "flapCount",
      EXISTS (SELECT 1 FROM repair r WHERE r.finding_id = f.id AND r.undo_of_id IS NULL
        AND (r.state = 'verifying' OR (r.state = 'succeeded' AND r.ended_at >= f.last_seen_at))) AS "isRepaired"
    FROM finding f WHERE f.node_id = ANY(${ids}::uuid[]) AND f.state <> 'closed' ORDER BY f.id`);

/** What was given up, or went with its check, did not clear: its return is no flapping. */
async function readPredecessors(tx: Tx, ids: string[], now: Date): Promise<Map<string, Predecessor>> {
  const since = new Date(now.getTime() - FLAP_WINDOW_MS);
  const rows = await tx.$queryRaw<PredecessorRow[]>(sql`
    SELECT DISTINCT ON (node_id, check_id, subject) node_id AS "nodeId", check_id AS "checkId", subject, closed_at AS "closedAt",
      first_seen_at AS "firstSeenAt", flap_count AS "flapCount"
    FROM finding WHERE node_id = ANY(${ids}::uuid[]) AND state = 'closed' AND close_reason IN ('cleared', 'repaired')
      AND opened_at IS NOT NULL AND closed_at >= ${since}
    ORDER BY node_id, check_id, subject, closed_at DESC`);
  return new Map(
    rows.map((row): [string, Predecessor] => [
      `${row.nodeId}/${row.checkId}/${row.subject}`,
      { closedAt: row.closedAt.getTime(), firstSeenAt: row.firstSeenAt.getTime(), flapCount: row.flapCount },
    ]),
  );
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

const contentOf = ({
  severity,
  reason,
  message,
  evidence,
  params,
  causeKey,
  isShadow,
  muteId,
}: FindingRow): StoredContent => ({
  severity,
  reason,
  message,
  evidence,
  params,
  causeKey,
  isShadow,
  muteId,
});
