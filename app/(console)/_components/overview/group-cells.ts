// Groups the cells of the fleet grid and counts them. Pure.
import type { NodeState } from "../../../../server/nodes/schema.ts";
import type { NodeCell } from "../../../../server/overview/schema.ts";

export const groupings = ["zone", "runtime", "kernel"] as const;
export type Grouping = (typeof groupings)[number];

export type CellGroup = {
  key: string;
  label: string;
  total: number;
  byState: Partial<Record<NodeState, number>>;
  parts: CellPart[];
};
export type CellPart = { key: string; label: string; cells: NodeCell[] };

const byName = new Intl.Collator("en", { numeric: true });

function keysOf(cell: NodeCell, by: Grouping): [string, string] {
  if (by === "zone") return [cell.pool, cell.zone];
  return [by === "runtime" ? cell.runtimes : cell.kernel, ""];
}

/** Pool → zone, or one level by runtime or kernel; groups, parts and cells in natural order. */
export function groupCells(cells: NodeCell[], by: Grouping): CellGroup[] {
  const groups = new Map<string, Map<string, NodeCell[]>>();
  for (const cell of cells) {
    const [outer, inner] = keysOf(cell, by);
    const parts = groups.get(outer) ?? new Map<string, NodeCell[]>();
    groups.set(outer, parts);
    const part = parts.get(inner);
    if (part) part.push(cell);
    else parts.set(inner, [cell]);
  }
  return [...groups]
    .sort(([a], [b]) => byName.compare(a, b))
    .map(([key, parts]) => {
      const byState: Partial<Record<NodeState, number>> = {};
      let total = 0;
      for (const part of parts.values()) {
        for (const cell of part) {
          byState[cell.state] = (byState[cell.state] ?? 0) + 1;
          total += 1;
        }
      }
      return {
        key,
        label: key,
        total,
        byState,
        parts: [...parts]
          .sort(([a], [b]) => byName.compare(a, b))
          .map(([part, list]) => ({
            key: part,
            label: part,
            cells: list.sort((a, b) => byName.compare(a.name, b.name)),
          })),
      };
    });
}
