// Private to the incidents domain: columns of a row, what the caller may see of it, and its mapping.
import { z } from "zod";
import type { Severity } from "../../checks/define.ts";
import type { Prisma, PrismaClient } from "../../generated/prisma/client.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import type { IncidentRow } from "./schema.ts";

export const incidentColumns = {
  id: true,
  causeKey: true,
  kind: true,
  title: true,
  state: true,
  severity: true,
  peakNodeCount: true,
  checkIds: true,
  firstSeenAt: true,
  openedAt: true,
  lastSeenAt: true,
  closedAt: true,
  acknowledgedBy: true,
  acknowledgedAt: true,
} as const satisfies Prisma.IncidentSelect;
export type IncidentRaw = Prisma.IncidentGetPayload<{ select: typeof incidentColumns }>;

const Inference = z.object({
  attribute: z.string(),
  value: z.string(),
  k: z.number(),
  n: z.number(),
  K: z.number(),
  N: z.number(),
  p: z.number(),
});
/** As settle.ts writes it. */
const StoredTitle = z.object({ en: z.string(), zh: z.string(), inference: Inference.nullable().default(null) });
export type StoredTitle = z.infer<typeof StoredTitle>;

export const toTitle = (value: unknown): StoredTitle => {
  const parsed = StoredTitle.safeParse(value);
  return parsed.success ? parsed.data : { en: "", zh: "", inference: null };
};

export type Extent = {
  nodeCount: number;
  findingCount: number;
  checkIds: string[];
  severityRank: number;
  firstSeenAt: Date;
};

/** Findings and nodes of these incidents that lie in the scope: of an open one those that stand now, of a closed one all that it had. */
export async function extents(db: PrismaClient, scope: Scope, ids: readonly string[]): Promise<Map<string, Extent>> {
  const rows = await db.$queryRaw<(Extent & { id: string })[]>(sql`
    SELECT i.id, count(*)::int AS "findingCount", count(DISTINCT f.node_id)::int AS "nodeCount",
      array_agg(DISTINCT f.check_id ORDER BY f.check_id) AS "checkIds", min(f.first_seen_at) AS "firstSeenAt",
      min(CASE f.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END)::int AS "severityRank"
    FROM incident i JOIN finding f ON f.incident_id = i.id JOIN node n ON n.id = f.node_id
    WHERE i.id = ANY(${[...ids]}::uuid[]) AND (i.state = 'closed' OR f.state <> 'closed') AND NOT f.is_shadow AND ${scope.sql("n")}
    GROUP BY 1`);
  return new Map(rows.map(({ id, ...extent }) => [id, extent]));
}

const severities: readonly Severity[] = ["critical", "warning", "info"];

/** @param nameOf name of the actor of a reference */
export function toIncidentRow(
  { title, state, severity, acknowledgedBy, peakNodeCount, ...raw }: IncidentRaw,
  extent: Extent | undefined,
  { isWhole, nameOf }: { isWhole: boolean; nameOf: (ref: string) => string },
): IncidentRow {
  const { inference, ...text } = toTitle(title);
  // What stands beyond the caller's part is not told, neither how bad nor since when.
  const own = isWhole ? null : extent;
  return {
    ...raw,
    title: text,
    inference: isWhole ? inference : null, // its figures are of the whole fleet
    state: state === "closed" ? "closed" : "open",
    severity: own
      ? (severities[own.severityRank] ?? "warning")
      : (severities.find((one) => one === severity) ?? "warning"),
    checkIds: own ? own.checkIds : raw.checkIds,
    firstSeenAt: own ? own.firstSeenAt : raw.firstSeenAt,
    nodeCount: extent?.nodeCount ?? 0,
    findingCount: extent?.findingCount ?? 0,
    peakNodeCount: isWhole ? peakNodeCount : null,
    acknowledgedBy: acknowledgedBy && nameOf(acknowledgedBy),
  };
}
