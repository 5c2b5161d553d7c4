// Incidents, open ones first, newest first.
import { actorNames } from "../core/actor-names.ts";
import { query } from "../core/verb.ts";
import { extents, incidentColumns, toIncidentRow } from "./rows.ts";
import { type IncidentList, ListIncidents } from "./schema.ts";

export const listIncidents = query({
  name: "incidents.list",
  access: "checks:read",
  on: "node",
  input: ListIncidents,
  async run({ db, scope }, { state, page, pageSize }): Promise<IncidentList> {
    const where = {
      ...(state === "all" ? {} : { state }),
      // Of a part of the fleet: those that reach into it.
      ...(scope.isWhole ? {} : { findings: { some: { node: scope.where, isShadow: false } } }),
    };
    const [rows, total] = await Promise.all([
      db.incident.findMany({
        where,
        orderBy: [{ closedAt: { sort: "desc", nulls: "first" } }, { openedAt: "desc" }, { id: "desc" }],
        skip: (page - 1) * pageSize,
        take: pageSize,
        select: incidentColumns,
      }),
      db.incident.count({ where }),
    ]);
    const seen = await extents(
      db,
      scope,
      rows.map(({ id }) => id),
    );
    const nameOf = await actorNames(
      db,
      rows.map(({ acknowledgedBy }) => acknowledgedBy),
    );
    const words = { isWhole: scope.isWhole, nameOf };
    return { rows: rows.map((row) => toIncidentRow(row, seen.get(row.id), words)), total, page, pageSize };
  },
});
