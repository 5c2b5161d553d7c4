// Menus of the node list against counting the nodes one by one.
import fc from "fast-check";
import { expect, test } from "vitest";
import { columns, countFacets, type Group } from "./facets.ts";

const value = fc.constantFrom("a", "b", "c");
const node = fc.record({ state: value, pool: value, zone: value });
const choice = fc.uniqueArray(value);

test("each menu counts what choosing its value would give", () => {
  fc.assert(
    fc.property(
      fc.array(node, { maxLength: 30 }),
      fc.record({ state: choice, pool: choice, zone: choice }),
      (nodes, chosen) => {
        const groups = new Map<string, Group>();
        for (const one of nodes) {
          const key = `${one.state} ${one.pool} ${one.zone}`;
          groups.set(key, { ...one, count: (groups.get(key)?.count ?? 0) + 1 });
        }
        const counted = countFacets([...groups.values()], chosen);
        const fits = (one: (typeof nodes)[number], but?: string) =>
          columns.every(
            (column) => column === but || chosen[column].length === 0 || chosen[column].includes(one[column]),
          );
        expect(counted.total).toBe(nodes.filter((one) => fits(one)).length);
        for (const column of columns) {
          const seen = nodes.filter((one) => fits(one, column));
          const values = [...new Set(seen.map((one) => one[column]))];
          const expected = values.map((one) => ({
            value: one,
            count: seen.filter((each) => each[column] === one).length,
          }));
          expect(counted[column]).toHaveLength(expected.length);
          expect(counted[column]).toEqual(expect.arrayContaining(expected));
          expect(counted[column].map(({ count }) => count)).toEqual(
            counted[column].map(({ count }) => count).toSorted((a, b) => b - a),
          );
        }
      },
    ),
  );
});
