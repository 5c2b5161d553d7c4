// Marks: every character is shown once, evidence where it stands, long texts around their evidence.
import { expect, test } from "vitest";
import { piecesOf, shownRanges } from "./marks.ts";

test("pieces put together are the text, marks stand where the evidence is", () => {
  const text = "a failed to b";
  const pieces = piecesOf(text, [
    [{ start: 2, end: 8 }],
    [
      { start: 4, end: 11 },
      { start: 12, end: 13 },
    ],
  ]);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces.filter(({ cause }) => cause !== null)).toEqual([
    { start: 2, text: "failed", cause: 0 },
    { start: 12, text: "b", cause: 1 },
  ]);
});

test("evidence outside of the text is left out", () => {
  expect(
    piecesOf("ab", [
      [
        { start: 1, end: 9 },
        { start: 2, end: 2 },
      ],
    ]),
  ).toEqual([{ start: 0, text: "ab", cause: null }]);
});

test("a short text is shown whole, a long one around its evidence, else its beginning", () => {
  const long = Array.from({ length: 200 }, (_, line) => `line ${line}`).join("\n");
  const start = long.indexOf("line 100");
  expect(shownRanges("a\nb", [])).toEqual([{ start: 0, end: 3 }]);
  const [range, ...rest] = shownRanges(long, [[{ start, end: start + 4 }]]);
  expect(rest).toEqual([]);
  expect(long.slice(range?.start, range?.end).split("\n").filter(Boolean)).toEqual(
    ["97", "98", "99", "100", "101", "102", "103"].map((line) => `line ${line}`),
  );
  expect(shownRanges(long, [])[0]?.start).toBe(0);
});
