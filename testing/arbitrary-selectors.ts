// Selectors and nodes for property tests, from a small vocabulary so that they meet, and with the characters that go wrong.
import fc from "fast-check";
import type { Selector, SelectorNode } from "../selectors/selector.ts";

const words = ["edge", "core", "", "a b", "100%", "a_b", "axb", "é", "节点", "\\", '"', "*", "__proto__", "😀", "EDGE"];
const keys = ["team", "__proto__", "constructor", "toString", "a.b/c", "0", "length"];
const word = fc.constantFrom(...words);
const key = fc.constantFrom(...keys);

/** `__proto__` as a key of its own, as JSON.parse and the database give it. */
const labels: fc.Arbitrary<Record<string, string>> = fc
  .uniqueArray(fc.tuple(key, word), { selector: ([name]) => name, maxLength: 4 })
  .map((entries) => Object.fromEntries(entries));

/** Its name is of letters, wildcards of LIKE and what parts words. */
export const arbitraryNode: fc.Arbitrary<SelectorNode> = fc.record({
  name: fc.string({ unit: fc.constantFrom("a", "b", "_", "%", "\\", "-"), minLength: 1, maxLength: 5 }),
  pool: word,
  zone: word,
  rack: word,
  labels,
});

const term: fc.Arbitrary<Selector> = fc.oneof(
  fc.record({
    kind: fc.constant("field" as const),
    field: fc.constantFrom("pool" as const, "zone" as const, "rack" as const),
    values: fc.array(word, { minLength: 1, maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("name" as const),
    patterns: fc.array(
      fc.record({
        text: fc.string({ unit: fc.constantFrom("a", "b", "_", "%", "\\"), maxLength: 3 }),
        anyBefore: fc.boolean(),
        anyAfter: fc.boolean(),
      }),
      { minLength: 1, maxLength: 2 },
    ),
  }),
  fc.record({
    kind: fc.constant("label" as const),
    key,
    values: fc.option(fc.array(word, { minLength: 1, maxLength: 3 }), { nil: null }),
  }),
);

/** Any tree, also such that no text gives. */
export const arbitrarySelector: fc.Arbitrary<Selector> = fc.letrec<{ tree: Selector }>((tie) => ({
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    term,
    fc.constant<Selector>({ kind: "all" }),
    fc.record({ kind: fc.constant("and" as const), of: fc.array(tie("tree"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("or" as const), of: fc.array(tie("tree"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("tree") }),
  ),
})).tree;
