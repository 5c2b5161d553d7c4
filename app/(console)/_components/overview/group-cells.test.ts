// The grid shows every node exactly once, in an order people expect.
import { expect, test } from "vitest";
import type { NodeCell } from "../../../../server/overview/schema.ts";
import { groupCells } from "./group-cells.ts";

const cell = (name: string, pool: string, zone: string, state: NodeCell["state"] = "healthy"): NodeCell => ({
  id: name,
  name,
  pool,
  zone,
  state,
  since: new Date(0),
  worst: null,
  findingCount: 0,
  runtimes: "containerd 1.6",
  kernel: zone === "b" ? "6.1" : "5.10",
});

const cells = [
  cell("n10", "batch", "a"),
  cell("n2", "batch", "a", "unhealthy"),
  cell("n1", "web", "b"),
  cell("n3", "batch", "b"),
];

test("pool, then zone, names in natural order", () => {
  const groups = groupCells(cells, "zone");
  expect(groups.map((g) => [g.label, g.total])).toEqual([
    ["batch", 3],
    ["web", 1],
  ]);
  expect(groups[0]?.byState).toEqual({ healthy: 2, unhealthy: 1 });
  expect(groups[0]?.parts.map((p) => [p.label, p.cells.map((c) => c.name)])).toEqual([
    ["a", ["n2", "n10"]],
    ["b", ["n3"]],
  ]);
});

test("every grouping keeps every node", () => {
  for (const by of ["zone", "runtime", "kernel"] as const) {
    const names = groupCells(cells, by).flatMap((g) => g.parts.flatMap((p) => p.cells.map((c) => c.name)));
    expect(names.sort()).toEqual(["n1", "n10", "n2", "n3"]);
  }
  expect(groupCells(cells, "kernel").map((g) => g.label)).toEqual(["5.10", "6.1"]);
});
