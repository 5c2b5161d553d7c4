// What agents can send and PostgreSQL cannot hold.
import { expect, test } from "vitest";
import { toInt4, toInt8, toPgJson, toPgText, toPgTime } from "./pg-json.ts";

test.each([
  { name: "plain values stay", value: { a: [1, "b", null, true] }, json: '{"a":[1,"b",null,true]}' },
  { name: "NUL in values and keys", value: { "k\0": ["a\0b"] }, json: '{"k\uFFFD":["a\uFFFDb"]}' },
  { name: "half a surrogate pair", value: "x\ud800y", json: '"x\uFFFDy"' },
  { name: "a whole pair stays", value: "\u{1F600}", json: '"\u{1F600}"' },
  { name: "text that only looks like an escape", value: "\\u0000", json: '"\\\\u0000"' },
  { name: "undefined is null", value: undefined, json: "null" },
])("JSON: $name", ({ value, json }) => {
  expect(toPgJson(value)).toBe(json);
});

test("text is cut and says so", () => {
  expect(toPgText("abcdef", 4)).toBe("abc…");
  expect(toPgText("a\0", 4)).toBe("a\uFFFD");
});

test("integers end where the column ends", () => {
  expect([toInt4(3e9), toInt4(-3e9), toInt4(1.9), toInt4(null)]).toEqual([2_147_483_647, -2_147_483_647, 1, null]);
  expect(toInt8(1e300)).toBe(Number.MAX_SAFE_INTEGER);
});

test("a time that no clock has becomes the fallback", () => {
  const fallback = new Date("2026-01-01T00:00:00Z");
  for (const ms of [1e300, -1, 0, 9e15]) expect(toPgTime(ms, fallback)).toBe("2026-01-01T00:00:00.000Z");
  expect(toPgTime(Date.UTC(2025, 1, 2), fallback)).toBe("2025-02-02T00:00:00.000Z");
});
