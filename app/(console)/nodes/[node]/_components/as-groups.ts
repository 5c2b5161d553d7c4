// A node's findings, one group each, for the same list that the overview uses. Pure.
import type { FindingGroup, FindingRow } from "../../../../../server/findings/schema.ts";

/** Each finding as a group of its own: on one node there is nothing to join. */
export function asGroups(rows: FindingRow[]): FindingGroup[] {
  return rows.map((row) => ({
    key: row.id,
    checkId: row.checkId,
    title: row.title,
    suggestion: row.message,
    causeKey: null,
    severity: row.severity,
    nodeCount: 1,
    findingCount: 1,
    firstSeenAt: row.firstSeenAt,
    lastSeenAt: row.lastSeenAt,
    spread: [],
    findings: [row],
  }));
}
