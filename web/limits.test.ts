// What JSON holds is seen without parsing it, and never differently from how it would be parsed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonFault } from "./limits.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("agrees with the parsed value, whatever strings hold", () => {
  const value = fc.jsonValue({ maxDepth: 6, stringUnit: fc.constantFrom("[", "]", "{", "}", '"', "\\", "a", "\n") });
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 7 }), fc.constantFrom(undefined, 2), (json, max, space) => {
      expect(jsonFault(JSON.stringify(json, null, space), max) !== null).toBe(depthOf(json) > max);
    }),
    { numRuns: 1_000 },
  );
});

test.each([
  { name: "32 levels pass", text: "[".repeat(32) + "]".repeat(32), want: false },
  { name: "33 do not", text: "[".repeat(33) + "]".repeat(33), want: true },
  { name: "brackets in strings do not count", text: `"${"[".repeat(1_000)}"`, want: false },
  { name: "an escaped quote ends no string", text: `"\\"${"[".repeat(1_000)}"`, want: false },
  { name: "a million brackets are left after 33", text: "[".repeat(1_000_000), want: true },
  { name: "half a text is judged as far as it goes", text: `{"a":"${"{".repeat(99)}`, want: false },
  { name: "NUL", text: '{"a":"x\\u0000"}', want: true },
  { name: "half a pair", text: '"\\uD83D"', want: true },
  { name: "the other half", text: '"\\ude00"', want: true },
  { name: "a half before text that only looks like the other", text: '"\\ud83d\\\\ude00"', want: true },
  { name: "a whole pair", text: '"\\ud83d\\ude00"', want: false },
  { name: "a backslash before u0000 is text", text: '"\\\\u0000"', want: false },
  { name: "objects count as well", text: '{"a":'.repeat(40), want: true },
])("$name", ({ text, want }) => {
  expect(jsonFault(text) !== null).toBe(want);
});

test("refuses exactly the texts that hold NUL or half a pair", () => {
  const text = fc.string({ unit: fc.constantFrom("\\", '"', "u", "0000", "\0", "\ud83d", "\ude00", "a") });
  fc.assert(
    fc.property(text, (value) => {
      const isBad = value.includes("\0") || !value.isWellFormed();
      expect(jsonFault(JSON.stringify(value).replaceAll("😀", "\\ud83d\\ude00")) !== null).toBe(isBad);
    }),
    { numRuns: 2_000 },
  );
});
