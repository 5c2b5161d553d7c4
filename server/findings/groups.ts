// Findings under one cause: the same check and, where the check names one, the same cause key. One dead registry is one group, not 400.
import { checkById } from "../../checks/index.ts";
import { actorNames } from "../core/actor-names.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { rowWords } from "./row-words.ts";
import { findingColumns, findingWhere, severityRank, toFindingRow } from "./rows.ts";
import { type FindingGroup, type FindingRow, GroupFindings } from "./schema.ts";

/** Findings read at most; a fleet with more has other troubles, and the list pages through all. */
const FINDINGS_MAX = 2_000;
/** Findings shown in one group. */
const SHOWN_MAX = 50;
const SPREAD_HOURS = 24;
const HOUR_MS = 3_600_000;

export const findingGroups = query({
  name: "findings.groups",
  access: "findings:read",
  on: "node",
  input: GroupFindings,
  async run({ db, now, scope }, filter): Promise<FindingGroup[]> {
    const at = now().getTime();
    const found = await db.finding.findMany({
      where: findingWhere({ ...filter, state: "visible", muted: "hide" }, scope),
      orderBy: [{ severity: "asc" }, { firstSeenAt: "desc" }],
      take: FINDINGS_MAX,
      select: findingColumns,
    });
    const nameOf = await actorNames(
      db,
      found.map(({ acknowledgedBy }) => acknowledgedBy),
    );
    const words = await rowWords(db, scope, nameOf, found);
    const spreads = await readSpread(db, scope, at);
    const groups = Map.groupBy(
      found.map((row) => toFindingRow(row, words)),
      keyOf,
    );
    return [...groups]
      .map(([key, rows]) => groupOf(key, rows, spreads.get(key)))
      .sort(
        (a, b) =>
          severityRank(a.severity) - severityRank(b.severity) ||
          b.nodeCount - a.nodeCount ||
          b.lastSeenAt.getTime() - a.lastSeenAt.getTime(),
      );
  },
});

const keyOf = ({ checkId, causeKey }: { checkId: string; causeKey: string | null }): string =>
  causeKey ? `${checkId}/${causeKey}` : checkId;

function groupOf(key: string, rows: FindingRow[], spread: number[] | undefined): FindingGroup {
  const [first] = rows as [FindingRow, ...FindingRow[]]; // groups are never empty
  const times = (of: (row: FindingRow) => Date) => rows.map((row) => of(row).getTime());
  return {
    key,
    checkId: first.checkId,
    title: first.title,
    suggestion: checkById(first.checkId)?.suggestion ?? { en: "", zh: "" },
    causeKey: first.causeKey,
    severity:
      rows.map(({ severity }) => severity).sort((a, b) => severityRank(a) - severityRank(b))[0] ?? first.severity,
    nodeCount: new Set(rows.map(({ nodeId }) => nodeId)).size,
    findingCount: rows.length,
    firstSeenAt: new Date(Math.min(...times((row) => row.firstSeenAt))),
    lastSeenAt: new Date(Math.max(...times((row) => row.lastSeenAt))),
    spread: spread ?? Array<number>(SPREAD_HOURS).fill(0),
    findings: rows.slice(0, SHOWN_MAX),
  };
}

type Db = Parameters<typeof findingGroups.call>[0]["db"];

/** Findings opened per hour and group, closed ones included: how fast it spreads. */
async function readSpread(db: Db, scope: Scope, now: number): Promise<Map<string, number[]>> {
  const from = new Date(now - SPREAD_HOURS * HOUR_MS);
  const rows = await db.$queryRaw<{ checkId: string; causeKey: string | null; hour: number; count: number }[]>(sql`
    SELECT f.check_id AS "checkId", f.cause_key AS "causeKey",
      floor(extract(epoch FROM f.opened_at - ${from}::timestamptz) / 3600)::int AS hour, count(*)::int AS count
    FROM finding f JOIN node n ON n.id = f.node_id WHERE f.opened_at > ${from} AND NOT f.is_shadow AND f.mute_id IS NULL AND ${scope.sql("n")} GROUP BY 1, 2, 3`);
  const spreads = new Map<string, number[]>();
  for (const { hour, count, ...group } of rows) {
    const key = keyOf(group);
    const spread = spreads.get(key) ?? Array<number>(SPREAD_HOURS).fill(0);
    const slot = Math.min(SPREAD_HOURS - 1, Math.max(0, hour));
    spread[slot] = (spread[slot] ?? 0) + count;
    spreads.set(key, spread);
  }
  return spreads;
}
