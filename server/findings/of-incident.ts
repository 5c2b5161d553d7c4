// Findings of one incident as lists show them: for the incident's page.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import type { Scope } from "../core/scope.ts";
import { rowWords } from "./row-words.ts";
import { findingColumns, toFindingRow } from "./rows.ts";
import type { FindingRow } from "./schema.ts";

/** More than a page shows; the list of findings pages through all. */
const FINDINGS_MAX = 500;

/** Longest affected first; of a closed incident all that it had. */
export async function findingRowsOf(
  db: PrismaClient,
  scope: Scope,
  incidentId: string,
  isClosed: boolean,
): Promise<FindingRow[]> {
  const found = await db.finding.findMany({
    where: {
      incidentId,
      isShadow: false,
      state: isClosed ? { not: "pending" } : { in: ["open", "flapping", "recovering"] },
      node: { AND: [{ revokedAt: null }, scope.where] },
    },
    orderBy: [{ firstSeenAt: "asc" }, { id: "asc" }],
    take: FINDINGS_MAX,
    select: findingColumns,
  });
  const nameOf = await actorNames(
    db,
    found.map(({ acknowledgedBy }) => acknowledgedBy),
  );
  const words = await rowWords(db, scope, nameOf, found);
  return found.map((row) => toFindingRow(row, words));
}
