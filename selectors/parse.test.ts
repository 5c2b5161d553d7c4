import fc from "fast-check";
import { expect, test } from "vitest";
import { isWholeFleet, parseSelector, SELECTOR_CHARS_MAX } from "./parse.ts";
import { matches, nothing, type Selector, type SelectorNode, union } from "./selector.ts";

const node = (over: Partial<SelectorNode> = {}): SelectorNode => ({
  name: "node-17",
  pool: "edge",
  zone: "z1",
  rack: "",
  labels: { team: "core", "a.b/c": "x" },
  ...over,
});

function selects(text: string, over?: Partial<SelectorNode>): boolean {
  const parsed = parseSelector(text);
  if (!parsed.ok) throw new Error(parsed.error.en);
  return matches(parsed.selector, node(over));
}

test.each([
  ["*", true],
  [" * ", true],
  ["pool=edge", true],
  ["pool=core", false],
  ["pool=EDGE", false],
  ["pool=core|edge", true],
  ["pool!=edge", false],
  ["pool!=core|infra", true],
  ["pool!=core|edge", false],
  ["pool=edge zone=z1", true],
  ["pool=edge,zone=z2", false],
  [" , pool=edge ,, zone=z1 , ", true],
  ['rack=""', true],
  ['rack!=""', false],
  ["name=node-17", true],
  ["name=node-*", true],
  ["name=*-17", true],
  ["name=*de-1*", true],
  ["name=*", true],
  ["name=**", true],
  ["name=node-1", false],
  ["name!=node-*", false],
  ["name=node-18|*-17", true],
  ["label:team", true],
  ["label:team=core", true],
  ["label:team=web|core", true],
  ["label:team!=web", true],
  ["label:team!=core", false],
  ["label:owner", false],
  ["label:owner=me", false],
  ["label:owner!=me", true],
  ["label:a.b/c=x", true],
  ["label:__proto__", false],
  ["label:constructor", false],
  ["label:toString!=x", true],
])("%s", (text, expected) => expect(selects(text)).toBe(expected));

test("a label may have any name and any text as its value", () => {
  const labels = JSON.parse('{"__proto__":"yes","note":"a b, \\"c\\" | d"}') as Record<string, string>;
  expect(selects("label:__proto__=yes", { labels })).toBe(true);
  expect(selects('label:note="a b, \\"c\\" | d"', { labels })).toBe(true);
  expect(selects('pool="*"', { pool: "*" })).toBe(true);
  expect(selects("zone=节点", { zone: "节点" })).toBe(true);
});

test.each([
  ["", "say \\* for the whole fleet"],
  ["  ,, ", "say \\* for the whole fleet"],
  ["edge", "= or !=|cannot stand"],
  ["pool", "= or !="],
  ["pool=", "value is missing"],
  ["pool=edge|", "value is missing"],
  ["pool==edge", "value is missing"],
  ["pool!edge", "= or !="],
  ["pool=ed*", "Only name="],
  ["label:team=*", "Only name="],
  ["label:", "label's name"],
  ["label:=x", "label's name"],
  ["name=a*b", "beginning and end"],
  ["name=***", "beginning and end"],
  ["* pool=edge", "cannot stand"],
  ["pool=edge *", "cannot stand"],
  ["pool=edge|*", "Only name="],
  ['pool="edge', "not closed"],
  ['pool="edge"x', "cannot stand"],
  ["(pool=edge)", "cannot stand"],
  ["__proto__=x", "cannot stand"],
  ["labels=x", "cannot stand"],
  ["pool=a\u0000b", "cannot be read"],
  ["pool=\ud800", "cannot be read"],
])("%j is refused in both languages", (text, why) => {
  const parsed = parseSelector(text);
  expect(parsed.ok ? null : parsed.error.en).toMatch(new RegExp(why));
  expect(parsed.ok ? "" : parsed.error.zh).not.toBe("");
});

test("bounds: 500 characters, 50 values", () => {
  const many = (count: number) => `pool=${Array.from({ length: count }, (_, i) => i).join("|")}`;
  expect(parseSelector(many(50)).ok).toBe(true);
  expect(parseSelector(many(51)).ok).toBe(false);
  expect(parseSelector("label:a ".repeat(51)).ok).toBe(false);
  expect(parseSelector(`pool=${"x".repeat(SELECTOR_CHARS_MAX - 5)}`).ok).toBe(true);
  expect(parseSelector(`pool=${"x".repeat(SELECTOR_CHARS_MAX - 4)}`).ok).toBe(false);
});

test("a union of nothing is no node, one with the whole fleet is the whole fleet", () => {
  expect(matches(nothing, node())).toBe(false);
  expect(matches(union([]), node())).toBe(false);
  expect(union([{ kind: "field", field: "pool", values: ["x"] }, { kind: "all" }])).toEqual({ kind: "all" });
});

const token = fc.constantFrom(
  ...'pool zone rack name label: = != | , * " \\ ( ) & edge __proto__ \n \t 节 \u0000'.split(" "),
  " ",
);
const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 600 }),
  fc.array(token, { maxLength: 120 }).map((parts) => parts.join("")),
);

test("any text gives a selector or a reason, and only * gives the whole fleet", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const parsed = parseSelector(text);
      if (!parsed.ok) return parsed.error.en.length > 0 && parsed.error.zh.length > 0;
      return (parsed.selector.kind === "all") === isWholeFleet(text) && countOf(parsed.selector) <= 50;
    }),
    { numRuns: 20_000 },
  );
});

function countOf(selector: Selector): number {
  switch (selector.kind) {
    case "and":
    case "or":
      return selector.of.reduce((sum, one) => sum + countOf(one), 0);
    case "not":
      return countOf(selector.of);
    case "field":
      return selector.values.length;
    case "name":
      return selector.patterns.length;
    default:
      return 1;
  }
}
