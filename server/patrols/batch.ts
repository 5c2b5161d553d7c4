// What stands on a batch of nodes after a look, counted in the database: findings by age and severity, and nodes that nothing is known of.
import type { Severity } from "../../checks/define.ts";
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { sql } from "../core/sql.ts";
import { NOTHING_KNOWN } from "../inspections/outcomes.ts";
import { emptyReport, SAMPLE_MAX } from "./report.ts";
import type { Report } from "./schema.ts";

type Counted = {
  opened: number;
  cleared: number;
  expired: number;
  stillOpen: number;
  muted: number;
  pendingCritical: number;
  critical: number;
  warning: number;
  info: number;
  problemNodes: number;
};
type Dark = { notReporting: number; withoutFacts: number; unknownNodes: number };
type Opened = {
  findingId: string;
  nodeId: string;
  nodeName: string;
  checkId: string;
  subject: string;
  severity: string;
};

/**
 * @param lastLook findings of a node that opened or closed after it are new or cleared
 * @param checkIds only these; empty: all
 */
export async function surveyBatch(
  db: PrismaClient,
  nodeIds: readonly string[],
  { lastLook, checkIds }: { lastLook: (nodeId: string) => Date; checkIds: readonly string[] },
): Promise<Report> {
  const ids = sql`${[...nodeIds]}::uuid[]`;
  const wanted = [...checkIds];
  const isAll = wanted.length === 0;
  const since = sql`unnest(${ids}, ${nodeIds.map((id) => lastLook(id).toISOString())}::timestamptz[]) AS t(node_id, since)`;
  const isAsked = sql`NOT f.is_shadow AND (${isAll} OR f.check_id = ANY(${wanted}::text[]))`;
  const [counted] = await db.$queryRaw<Counted[]>(sql`
    WITH f AS (SELECT f.*, t.since, f.state IN ('open', 'flapping', 'recovering') AND f.mute_id IS NULL AS stands FROM finding f JOIN ${since} USING (node_id) WHERE ${isAsked}
      AND (f.state IN ('pending', 'open', 'flapping', 'recovering') OR (f.state = 'closed' AND f.closed_at > t.since AND f.opened_at IS NOT NULL)))
    SELECT count(*) FILTER (WHERE stands AND opened_at > since)::int AS opened,
      count(*) FILTER (WHERE close_reason IN ('cleared', 'repaired') AND mute_id IS NULL)::int AS cleared,
      count(*) FILTER (WHERE close_reason = 'expired' AND mute_id IS NULL)::int AS expired,
      count(*) FILTER (WHERE stands AND opened_at <= since)::int AS "stillOpen",
      count(*) FILTER (WHERE state IN ('open', 'flapping', 'recovering') AND mute_id IS NOT NULL)::int AS muted,
      count(*) FILTER (WHERE state = 'pending' AND severity = 'critical' AND mute_id IS NULL)::int AS "pendingCritical",
      count(*) FILTER (WHERE stands AND severity = 'critical')::int AS critical,
      count(*) FILTER (WHERE stands AND severity = 'warning')::int AS warning,
      count(*) FILTER (WHERE stands AND severity = 'info')::int AS info,
      count(DISTINCT node_id) FILTER (WHERE stands)::int AS "problemNodes" FROM f`);
  const [dark] = await db.$queryRaw<Dark[]>(sql`
    SELECT count(*) FILTER (WHERE NOT n.is_connected)::int AS "notReporting",
      count(*) FILTER (WHERE i.unknowns ? ${NOTHING_KNOWN} OR i.node_id IS NULL)::int AS "withoutFacts",
      count(*) FILTER (WHERE i.node_id IS NULL OR (${isAll} AND i.unknowns <> '{}') OR i.unknowns ?| ${wanted}::text[])::int AS "unknownNodes"
    FROM node n LEFT JOIN node_inspection i ON i.node_id = n.id WHERE n.id = ANY(${ids}) AND n.revoked_at IS NULL`);
  const sample =
    counted && counted.opened > 0
      ? await db.$queryRaw<Opened[]>(sql`
          SELECT f.id AS "findingId", node_id AS "nodeId", n.name AS "nodeName", f.check_id AS "checkId", f.subject, f.severity
          FROM finding f JOIN ${since} USING (node_id) JOIN node n ON n.id = f.node_id WHERE ${isAsked} AND f.state IN ('open', 'flapping', 'recovering') AND f.mute_id IS NULL
            AND f.opened_at > t.since
          ORDER BY f.opened_at, f.id LIMIT ${SAMPLE_MAX}`)
      : [];
  const report = emptyReport();
  if (counted) {
    const { critical, warning, info, ...counts } = counted;
    Object.assign(report, counts, { bySeverity: { critical, warning, info } });
  }
  if (dark) {
    report.unknownNodes = dark.unknownNodes;
    report.coverage.notReporting = dark.notReporting;
    report.coverage.withoutFacts = dark.withoutFacts;
  }
  report.openedSample = sample.map((one) => ({ ...one, severity: severityOf(one.severity) }));
  return report;
}

const severityOf = (text: string): Severity => (text === "critical" || text === "warning" ? text : "info");
