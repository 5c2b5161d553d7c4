// Private to the diagnosis domain: containers of the scope for grouping, and what is read of those on one page.
import { checkById } from "../../checks/index.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { likePattern, type Scope } from "../core/scope.ts";
import { join, type Sql, sql } from "../core/sql.ts";
import { checkTitles } from "../inspections/titles.ts";
import { feltWhileRunning, sideOfCheck } from "./check-sides.ts";
import { isAbout, toSeverity } from "./findings.ts";
import type { Extra, MemberRow } from "./group-applications.ts";

/** Containers that are grouped for one answer: whoever has more in their part searches. */
const CONTAINERS_MAX = 20_000;
const FINDINGS_MAX = 2_000;

type Raw = Omit<MemberRow, "memoryLimitBytes" | "memoryUsedBytes"> & {
  memoryLimitBytes: bigint | null;
  memoryUsedBytes: bigint | null;
};
const number = (value: bigint | null): number | null => (value === null ? null : Number(value));

export async function loadApplications(
  db: PrismaClient,
  scope: Scope,
  search: string,
): Promise<{ rows: MemberRow[]; isCut: boolean }> {
  const conditions: Sql[] = [sql`n.revoked_at IS NULL`, scope.sql("n")];
  const words = search.trim();
  if (words !== "") {
    const part = `%${likePattern(words)}%`;
    conditions.push(
      sql`(c.id LIKE ${`${likePattern(words.toLowerCase())}%`} OR c.name ILIKE ${part} OR c.pod_name ILIKE ${part} OR c.pod_namespace ILIKE ${part} OR c.image ILIKE ${part})`,
    );
  }
  const rows = await db.$queryRaw<Raw[]>(sql`
    SELECT c.id, c.node_id AS "nodeId", n.name AS "nodeName", c.runtime, c.name, c.pod_name AS "podName", c.pod_namespace AS "podNamespace",
           c.image, c.state, c.exit_code AS "exitCode", c.reason, c.attempt, c.created_at AS "createdAt",
           c.started_at AS "startedAt", c.finished_at AS "finishedAt", c.cpu_limit_millis AS "cpuLimitMillis",
           c.memory_limit_bytes AS "memoryLimitBytes", c.cpu_used_millis AS "cpuUsedMillis", c.memory_used_bytes AS "memoryUsedBytes"
    FROM container c JOIN node n ON n.id = c.node_id
    WHERE ${join(conditions, " AND ")}
    ORDER BY c.pod_namespace NULLS FIRST, c.pod_name, c.name, c.id
    LIMIT ${CONTAINERS_MAX + 1}`);
  return {
    rows: rows.slice(0, CONTAINERS_MAX).map(({ memoryLimitBytes, memoryUsedBytes, ...row }) => ({
      ...row,
      memoryLimitBytes: number(memoryLimitBytes),
      memoryUsedBytes: number(memoryUsedBytes),
    })),
    isCut: rows.length > CONTAINERS_MAX,
  };
}

/** Peaks and findings of the members that are shown. */
export async function loadMembers(db: PrismaClient, members: readonly MemberRow[]): Promise<Extra> {
  if (members.length === 0) return { usage: new Map(), findings: new Map() };
  const nodeIds = [...new Set(members.map(({ nodeId }) => nodeId))];
  const ids = members.map(({ id }) => id);
  const usage = await db.$queryRaw<
    { id: string; peakBytes: number | null; usedBytes: number | null; limitBytes: number | null }[]
  >(sql`
    SELECT c->>'id' AS id, (c->>'memoryPeakBytes')::float8 AS "peakBytes", (c->>'memoryUsedBytes')::float8 AS "usedBytes",
           (c->>'memoryLimitBytes')::float8 AS "limitBytes"
    FROM node_fact f CROSS JOIN LATERAL jsonb_array_elements(
      CASE WHEN jsonb_typeof(f.data->'containers') = 'array' THEN f.data->'containers' ELSE '[]'::jsonb END) c
    WHERE f.kind = 'workload' AND f.node_id = ANY(${nodeIds}::uuid[]) AND c->>'id' = ANY(${ids}::text[])`);
  return {
    usage: new Map(usage.map(({ id, ...rest }) => [id, rest])),
    findings: await findingsOf(db, nodeIds, members),
  };
}

async function findingsOf(
  db: PrismaClient,
  nodeIds: string[],
  members: readonly MemberRow[],
): Promise<Extra["findings"]> {
  const rows = await db.finding.findMany({
    where: {
      nodeId: { in: nodeIds },
      state: { in: ["open", "flapping"] },
      isShadow: false,
      muteId: null,
      severity: { in: ["critical", "warning"] },
    },
    orderBy: { firstSeenAt: "asc" },
    take: FINDINGS_MAX,
    select: {
      id: true,
      nodeId: true,
      checkId: true,
      subject: true,
      params: true,
      message: true,
      severity: true,
      firstSeenAt: true,
      openedAt: true,
    },
  });
  const titleOf = await checkTitles(db);
  const byNode = Map.groupBy(rows, ({ nodeId }) => nodeId);
  return new Map(
    members.map((member) => {
      const own = (byNode.get(member.nodeId) ?? []).filter(
        (row) => isAbout(row, { containerId: member.id, podName: member.podName }) || isFelt(row),
      );
      return [
        member.id,
        own.map((row) => ({
          id: row.id,
          checkId: row.checkId,
          title: titleOf(row.checkId),
          severity: toSeverity(row.severity),
          side: sideOfCheck(row.checkId, checkById(row.checkId) !== undefined),
          since: row.openedAt ?? row.firstSeenAt,
        })),
      ];
    }),
  );
}

/** A trouble of the node itself that everything on it feels. */
function isFelt({ checkId, severity }: { checkId: string; severity: string }): boolean {
  const check = checkById(checkId);
  return (
    severity === "critical" &&
    check !== undefined &&
    sideOfCheck(checkId, true) === "ours" &&
    feltWhileRunning.includes(check.area)
  );
}
