// The list of findings, worst and newest first, with counts for the filter menus.
import type { PrismaClient } from "../../generated/prisma/client.ts";
import { actorNames } from "../core/actor-names.ts";
import type { Scope } from "../core/scope.ts";
import { query } from "../core/verb.ts";
import { rowWords } from "./row-words.ts";
import { type FindingFilter, findingColumns, findingWhere, severities, toFindingRow } from "./rows.ts";
import { type FindingList, ListFindings } from "./schema.ts";

export const listFindings = query({
  name: "findings.list",
  access: "findings:read",
  on: "node",
  input: ListFindings,
  async run({ db, scope }, { page, pageSize, ...filter }): Promise<FindingList> {
    const [muted, bySeverity, byCheck] = await Promise.all([
      filter.muted === "hide" ? db.finding.count({ where: findingWhere({ ...filter, muted: "only" }, scope) }) : 0,
      db.finding.groupBy({ by: ["severity"], where: findingWhere(filter, scope, "severity"), _count: { _all: true } }),
      db.finding.groupBy({ by: ["checkId"], where: findingWhere(filter, scope, "checkId"), _count: { _all: true } }),
    ]);
    const isChosen = (severity: string) =>
      filter.severity.length === 0 || filter.severity.some((chosen) => chosen === severity);
    const counts = new Map(
      bySeverity.filter((row) => isChosen(row.severity)).map((row) => [row.severity, row._count._all]),
    );
    const rows = await readPage(db, filter, scope, counts, { skip: (page - 1) * pageSize, take: pageSize });
    const nameOf = await actorNames(
      db,
      rows.map(({ acknowledgedBy }) => acknowledgedBy),
    );
    const words = await rowWords(db, scope, nameOf, rows);
    return {
      rows: rows.map((row) => toFindingRow(row, words)),
      muted,
      total: [...counts.values()].reduce((sum, count) => sum + count, 0),
      page,
      pageSize,
      facets: {
        severity: facet(bySeverity.map((row) => ({ value: row.severity, count: row._count._all }))),
        checkId: facet(byCheck.map((row) => ({ value: row.checkId, count: row._count._all }))),
      },
    };
  },
});

const facet = (counts: { value: string; count: number }[]) =>
  counts.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));

/** Severities do not sort by their names: each is read by itself, worst first, until the page is full. Closed ones go by time alone. */
async function readPage(
  db: PrismaClient,
  filter: FindingFilter,
  scope: Scope,
  counts: ReadonlyMap<string, number>,
  { skip, take }: { skip: number; take: number },
) {
  const where = findingWhere(filter, scope);
  const read = (severity: string | undefined, part: { skip: number; take: number }) =>
    db.finding.findMany({
      where: severity === undefined ? where : { AND: [where, { severity }] },
      orderBy:
        filter.state === "closed" ? [{ closedAt: "desc" }, { id: "desc" }] : [{ firstSeenAt: "desc" }, { id: "desc" }],
      ...part,
      select: findingColumns,
    });
  if (filter.state === "closed") return read(undefined, { skip, take });
  const rows: Awaited<ReturnType<typeof read>> = [];
  let before = 0;
  for (const severity of severities) {
    const count = counts.get(severity) ?? 0;
    const wanted = take - rows.length;
    if (wanted > 0 && skip < before + count)
      rows.push(...(await read(severity, { skip: Math.max(0, skip - before), take: wanted })));
    before += count;
  }
  return rows;
}
