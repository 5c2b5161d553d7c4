import { describe, expect, test } from "vitest";
import { matchesPattern } from "./pattern.ts";

const SAMPLES = ["", "a", "abc", "aab", "ab\ncd", "x-1", "503", "Foo_9", "é", "a.b", "aaa", "[]", "cab"];

// Where the two dialects mean the same, JavaScript's engine is the judge.
describe("agrees with JavaScript", () => {
  test.each([
    "a",
    "^a",
    "b$",
    "^$",
    "a|b",
    "(?:ab|c)+",
    "a*b",
    "a+?b",
    "a{2}",
    "a{2,}b",
    "a{0,1}b",
    "^a{1,2}$",
    "[a-c]+$",
    "[^a-z]",
    "[]a]".replace("[]", "[\\]"),
    "\\d+",
    "\\w\\W",
    "\\bab",
    "\\Bb",
    "\\.",
    "a.b",
    "\\x61",
    "[\\d-]",
    "(a|ab)(c|bcd)?$",
    "x-?1",
    "",
  ])("%s", (pattern) => {
    for (const text of SAMPLES)
      expect([text, matchesPattern(pattern, text).isMatch]).toEqual([text, new RegExp(pattern, "u").test(text)]);
  });
});

test.each([
  ["(?i)FOO", "foo_9", true],
  ["(?i:F)oo", "foo", true],
  ["(?i:F)OO", "foo", false],
  ["(?s)b.c", "b\nc", true],
  ["(?m)^cd$", "ab\ncd", true],
  ["^cd$", "ab\ncd", false],
  ["^(?P<code>5..)$", "503", true],
  ["[[:digit:]]{3}", "503", true],
  ["\\Aab\\z", "ab", true],
  ["a{,2}", "a{,2}", true],
])("%s on %j: %s", (pattern, text, expected) => {
  expect(matchesPattern(pattern, text).isMatch).toBe(expected);
});

test.each(["(", "a)", "[a", "*a", "a**", "(?=a)", "(?<!a)", "\\1", "a{2,1}", "a{1001}", "[b-a]", "\\q"])(
  "%s is no pattern",
  (pattern) => {
    expect(() => matchesPattern(pattern, "a")).toThrow(/error parsing regexp/);
  },
);

test("a pattern on which backtracking engines hang costs pattern × text", () => {
  const { isMatch, steps } = matchesPattern("^(a+)+$", `${"a".repeat(2000)}b`);
  expect(isMatch).toBe(false);
  expect(steps).toBeLessThan(20 * 2000);
  expect(() => matchesPattern("((a{1000}){1000}){1000}", "a")).toThrow(/too large/);
});
