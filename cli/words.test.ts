// Ids as people type them, and text from other machines made harmless for a terminal.
import { expect, test } from "vitest";
import { matchId, plain } from "./words.ts";

const ids = ["01a202e2-a4b7-73c5-9501-dc6c68bf1366", "01a202e2-b433-75f0-bb84-7ba2e5802d31"];

test.each([
  { name: "its end", typed: "68bf1366", found: ids[0] },
  { name: "all of it", typed: ids[1] ?? "", found: ids[1] },
  { name: "capitals", typed: "E5802D31", found: ids[1] },
  { name: "a beginning long enough", typed: "01a202e2-b", found: ids[1] },
])("an id by $name", ({ typed, found }) => {
  expect(matchId("finding", typed, ids)).toBe(found);
});

test("several, none, and too little are refused", () => {
  expect(() => matchId("finding", "01a202e2", ids)).toThrow("2 findings match 01a202e2");
  expect(() => matchId("finding", "ffffffff", ids)).toThrow("there is no finding ffffffff");
  expect(() => matchId("finding", "66", ids)).toThrow("there is no finding 66");
});

test("escape sequences and text that turns a line around lose their power", () => {
  expect(plain("\u001b[31mred\u0007 a\u202eb\tc\nd")).toBe("\ufffd[31mred\ufffd a\ufffdb\tc\nd");
});
