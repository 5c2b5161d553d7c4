// Counts for the filter menus of the node list, from the numbers of nodes by state, pool and zone. Pure.
import type { Facet } from "../core/paging.ts";

export const columns = ["state", "pool", "zone"] as const;
type Column = (typeof columns)[number];
/** So many nodes have this state, pool and zone. */
export type Group = Record<Column, string> & { count: number };

/** Values of one menu; what is rarer is found by typing. */
const VALUES_MAX = 100;

/**
 * What choosing a value would give: each menu counts under the choices of all the others.
 * @param chosen values that were chosen of each column; empty: any
 */
export function countFacets(
  groups: readonly Group[],
  chosen: Record<Column, readonly string[]>,
): Record<Column, Facet[]> & { total: number } {
  const fits = (group: Group, but: Column | null): boolean =>
    columns.every((column) => column === but || chosen[column].length === 0 || chosen[column].includes(group[column]));
  const facet = (column: Column): Facet[] => {
    const counts = new Map<string, number>();
    for (const group of groups)
      if (fits(group, column)) counts.set(group[column], (counts.get(group[column]) ?? 0) + group.count);
    return [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
      .slice(0, VALUES_MAX);
  };
  const total = groups.reduce((sum, group) => sum + (fits(group, null) ? group.count : 0), 0);
  return { state: facet("state"), pool: facet("pool"), zone: facet("zone"), total };
}
