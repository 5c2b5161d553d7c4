import { expect, test } from "vitest";
import { MOVE_MAX, moveOf, reorder } from "./measured.ts";

const record = (solved: number, wrong: number, notSolved = 0) => ({
  asked: solved + wrong + notSolved,
  solved,
  notSolved,
  wrong,
});

test("nothing said moves nothing; much said moves within bounds", () => {
  expect(moveOf(record(0, 0))).toBe(1);
  expect(moveOf(record(1_000, 0))).toBeCloseTo(1 + MOVE_MAX);
  expect(moveOf(record(0, 1_000))).toBeCloseTo(1 - MOVE_MAX);
  expect(moveOf(record(0, 0, 1))).toBeGreaterThan(moveOf(record(0, 1)));
});

const causes = [
  { id: "first", confidence: 0.5 },
  { id: "second", confidence: 0.8 },
  { id: "third", confidence: 0.4 },
];
const order = (records: Record<string, ReturnType<typeof record>>, open: string[] = []) =>
  reorder(
    causes,
    (id) => records[id] ?? record(0, 0),
    (id) => open.includes(id),
  ).map(({ id }) => id);

test("without feedback the engine's order stays, also where it is not that of confidence", () => {
  expect(order({})).toEqual(["first", "second", "third"]);
});

test("feedback turns near neighbours around, never what is far apart; an open finding weighs more", () => {
  expect(order({ first: record(0, 50), second: record(50, 0) })).toEqual(["second", "first", "third"]);
  expect(order({ third: record(1_000, 0), first: record(0, 1_000), second: record(0, 1_000) })).toEqual([
    "first",
    "second",
    "third",
  ]);
  expect(order({}, ["third"])).toEqual(["first", "second", "third"]);
  expect(order({}, ["second"])).toEqual(["second", "first", "third"]);
});
