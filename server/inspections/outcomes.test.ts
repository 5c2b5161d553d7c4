// The row that keeps a node's outcomes: since when, what a partial look leaves alone, and when nothing at all is known.
import { expect, test } from "vitest";
import type { CheckResult } from "./look.ts";
import { catalogueIn, mergeOutcomes, NOTHING_KNOWN, statusOf, toOutcomes } from "./outcomes.ts";
import { digestText, dueAt, PATROL_MS, partialDigest, stillHolds } from "./survey.ts";

const none = toOutcomes(null);
const result = (checkId: string, status: CheckResult["status"]): CheckResult => ({ checkId, status, reason: "why" });
const all = (...statuses: CheckResult["status"][]) => statuses.map((status, i) => result("abc"[i] ?? "", status));

test("a status that stays keeps its since, another one begins anew", () => {
  const first = mergeOutcomes(none, all("problem", "unknown", "ok"), 1, false);
  expect(first).toEqual({
    isChanged: true,
    outcomes: { problems: { a: 1 }, unknowns: { b: { since: 1, reason: "why" } } },
  });
  const second = mergeOutcomes(first.outcomes, all("problem", "unknown", "ok"), 2, false);
  expect(second).toEqual({ ...first, isChanged: false });
  const third = mergeOutcomes(first.outcomes, all("unknown", "problem", "ok"), 3, false);
  expect(third.outcomes).toEqual({ problems: { b: 3 }, unknowns: { a: { since: 3, reason: "why" } } });
  expect(statusOf(third.outcomes, "c")).toEqual({ status: "ok", since: null, reason: "" });
  expect(statusOf(third.outcomes, "toString").status).toBe("ok");
});

test("nothing known is said by itself, and ends with the first outcome", () => {
  const first = mergeOutcomes(none, all("unknown", "unknown"), 1, false).outcomes;
  expect(first.unknowns[NOTHING_KNOWN]).toEqual({ since: 1, reason: "" });
  expect(mergeOutcomes(first, all("unknown", "unknown"), 9, false).outcomes.unknowns[NOTHING_KNOWN]?.since).toBe(1);
  expect(mergeOutcomes(first, all("ok", "unknown"), 9, false).outcomes.unknowns).not.toHaveProperty(NOTHING_KNOWN);
  expect(mergeOutcomes(none, [], 1, false).outcomes.unknowns).toHaveProperty(NOTHING_KNOWN);
});

test("a partial look leaves the others as they are", () => {
  const before = mergeOutcomes(none, all("problem", "unknown", "problem"), 1, false).outcomes;
  const after = mergeOutcomes(before, [result("a", "ok")], 2, true).outcomes;
  expect(after).toEqual({ problems: { c: 1 }, unknowns: { b: { since: 1, reason: "why" } } });
  expect(mergeOutcomes(before, [result("a", "unknown")], 2, true).outcomes.unknowns).not.toHaveProperty(NOTHING_KNOWN);
});

test("checks that left the catalogue leave the row", () => {
  const before = mergeOutcomes(none, all("problem", "unknown"), 1, false).outcomes;
  expect(mergeOutcomes(before, [result("b", "ok")], 2, false).outcomes).toEqual({ problems: {}, unknowns: {} });
});

test("an outcome holds for the same basis, until its instant", () => {
  const basis = { facts: "f", catalogue: "c", contact: "live" };
  const stored = digestText({ ...basis, holdsUntil: 100 });
  expect(stillHolds(stored, basis, 99)).toBe(true);
  expect(stillHolds(stored, basis, 100)).toBe(false);
  for (const other of [{ facts: "g" }, { catalogue: "d" }, { contact: "1" }, { contact: "liv" }])
    expect(stillHolds(stored, { ...basis, ...other }, 99)).toBe(false);
  expect(stillHolds("", basis, 0)).toBe(false);
  expect(stillHolds(digestText({ ...basis, facts: "", holdsUntil: 5 }), { ...basis, facts: "" }, 4)).toBe(true);
});

test("visits are spread, never later than the patrol, nor than the outcome holds", () => {
  const at = (id: string, until = 1e12) => dueAt(id, until, 0);
  expect(at("00000000-0000-0000-0000-000000000000")).toBe(PATROL_MS);
  expect(at("00000000-0000-0000-0000-00000000ffff")).toBe(PATROL_MS * 0.9);
  expect(at("00000000-0000-0000-0000-000000008000", 17)).toBe(17);
});

test("a partial look holds for nothing, and keeps what the last whole look asked", () => {
  const basis = { facts: "", catalogue: "c", contact: "live" };
  const partial = partialDigest(digestText({ ...basis, holdsUntil: 100 }));
  expect(stillHolds(partial, basis, 0)).toBe(false);
  expect([partial, partialDigest(partial), partialDigest("")].map(catalogueIn)).toEqual(["c", "c", ""]);
});
