// What rows of findings say beyond their own columns: names of people, titles of checks, how many nodes an incident has. Read once for a page of rows.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import type { Text } from "../../protocol/text.ts";
import { type ModeOf, readModes } from "../check-modes/modes.ts";
import type { Scope } from "../core/scope.ts";
import { sql } from "../core/sql.ts";
import { checkTitles } from "../inspections/titles.ts";

export type RowWords = {
  /** Name of the actor of a reference. */
  nameOf: (ref: string) => string;
  titleOf: (checkId: string) => Text;
  /** Nodes of an incident that the caller may see. */
  nodesOf: (incidentId: string) => number;
  modeOf: ModeOf;
};

export async function rowWords(
  db: PrismaClient,
  scope: Scope,
  nameOf: (ref: string) => string,
  rows: readonly { nodeId: string; incident: { id: string } | null }[],
): Promise<RowWords> {
  const ids = [...new Set(rows.flatMap(({ incident }) => incident?.id ?? []))];
  const counts =
    ids.length === 0
      ? []
      : await db.$queryRaw<{ id: string; count: number }[]>(sql`
          SELECT f.incident_id AS id, count(DISTINCT f.node_id)::int AS count FROM finding f JOIN node n ON n.id = f.node_id
          WHERE f.incident_id = ANY(${ids}::uuid[]) AND f.state <> 'closed' AND NOT f.is_shadow AND ${scope.sql("n")} GROUP BY 1`);
  const nodeIds = [...new Set(rows.map(({ nodeId }) => nodeId))];
  const countOf = new Map(counts.map(({ id, count }) => [id, count]));
  return {
    nameOf,
    titleOf: await checkTitles(db),
    modeOf: await readModes(db, nodeIds),
    nodesOf: (id) => countOf.get(id) ?? 0,
  };
}
