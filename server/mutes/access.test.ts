// When a selector certainly lies within another one, and what becomes of one that does not.
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSelector } from "../../selectors/parse.ts";
import { matches } from "../../selectors/selector.ts";
import { liesWithin, narrow } from "./access.ts";

test.each([
  ["pool=edge", "*", true],
  ["*", "*", true],
  ["*", "pool=edge", false],
  ["pool=edge", "pool=edge", true],
  ["zone=a pool=edge", "pool=edge", true],
  ["pool=edge|core", "pool=edge", false],
  ["pool=core", "pool=edge", false],
  ["name=edge-1", "pool=edge", false],
  ["pool=edge zone=a", "zone=a pool=edge", true],
  ["pool=", "pool=edge", false],
])("%s within %s: %s", (inner, outer, expected) => expect(liesWithin(inner, outer)).toBe(expected));

const term = fc.constantFrom("pool=a", "pool=b", "pool=a|b", "zone=a", "zone!=a", "name=a*", "label:x", "label:x=1");
const selector = fc.oneof(
  fc.constant("*"),
  fc.array(term, { minLength: 1, maxLength: 3 }).map((terms) => terms.join(" ")),
);
const node = fc.record({
  name: fc.constantFrom("a1", "b1"),
  pool: fc.constantFrom("a", "b", "c"),
  zone: fc.constantFrom("a", "b"),
  rack: fc.constant(""),
  labels: fc.constantFrom<Record<string, string>>({}, { x: "1" }, { x: "2" }),
});
const selects = (text: string, one: Parameters<typeof matches>[1]): boolean => {
  const parsed = parseSelector(text);
  return parsed.ok && matches(parsed.selector, one);
};

test("what lies within selects nothing outside, and what was narrowed is both", () => {
  fc.assert(
    fc.property(selector, selector, node, (inner, outer, one) => {
      if (liesWithin(inner, outer) && selects(inner, one)) expect(selects(outer, one)).toBe(true);
      const part = narrow({ grants: [{ role: "operator", selector: outer }] }, inner);
      expect(part).toHaveProperty("selector");
      if ("selector" in part) expect(selects(part.selector, one)).toBe(selects(inner, one) && selects(outer, one));
    }),
    { numRuns: 3_000, seed: 11 },
  );
});

test("nobody without a grant that carries it narrows anything", () => {
  expect(narrow({ grants: [{ role: "viewer", selector: "*" }] }, "pool=a")).toHaveProperty("refusal");
});
