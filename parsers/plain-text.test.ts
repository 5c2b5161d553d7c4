// Hostile text becomes inert, ordinary text stays as it is.
import fc from "fast-check";
import { expect, test } from "vitest";
import { escapeJson, plainLine, plainText, plainValue } from "./plain-text.ts";

// Written out here on purpose, not taken from the code under test: what a terminal or a browser acts on, or shows as nothing.
const FORBIDDEN: [number, number][] = [
  [0x00, 0x08],
  [0x0b, 0x1f],
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x180b, 0x180e],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfe00, 0xfe0d],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
  [0xe0000, 0xe0fff],
];
const forbiddenIn = (text: string): string[] =>
  [...text]
    .map((char) => char.codePointAt(0) ?? 0)
    .filter((code) => FORBIDDEN.some(([from, to]) => code >= from && code <= to))
    .map((code) => code.toString(16));

test.each([
  { name: "colours are dropped", text: "\x1b[31;1mERROR\x1b[0m disk", want: "ERROR disk" },
  { name: "hidden text comes to light", text: "\x1b[8mrm -rf\x1b[28m", want: "rm -rf" },
  { name: "the screen cannot be cleared", text: "a\x1b[2J\x1b[Hb", want: "a␛[2J␛[Hb" },
  { name: "lines already printed cannot be overwritten", text: "bad\x1b[1A\x1b[2Kgood", want: "bad␛[1A␛[2Kgood" },
  { name: "nor by a carriage return", text: "failed\rok    ", want: "failed␍ok    " },
  { name: "nor by backspaces", text: "no\b\byes", want: "no␈␈yes" },
  { name: "no window title (OSC 0)", text: "\x1b]0;root\x07", want: "␛]0;root␇" },
  {
    name: "no link that lies (OSC 8)",
    text: "\x1b]8;;http://evil\x1b\\here\x1b]8;;\x1b\\",
    want: "␛]8;;http://evil␛\\here␛]8;;␛\\",
  },
  { name: "no clipboard (OSC 52)", text: "\x1b]52;c;cm0=\x07", want: "␛]52;c;cm0=␇" },
  { name: "an unterminated string swallows nothing", text: "\x1b]0;a\nnext line", want: "␛]0;a\nnext line" },
  {
    name: "no device strings (DCS, APC, PM, SOS)",
    text: "\x1bPq\x1b\\\x1b_G\x1b\\\x1b^p\x1b\\\x1bXs\x1b\\",
    want: "␛Pq␛\\␛_G␛\\␛^p␛\\␛Xs␛\\",
  },
  { name: "no terminal questions", text: "\x1b[6n\x1b[c\x1bZ", want: "␛[6n␛[c␛Z" },
  {
    name: "eight-bit controls (C1)",
    text: "\x9b2J\x9d0;t\x9c\x90q\x85",
    want: "⟨U+009B⟩2J⟨U+009D⟩0;t⟨U+009C⟩⟨U+0090⟩q⟨U+0085⟩",
  },
  { name: "eight-bit colours", text: "\x9b31mred\x9bm", want: "red" },
  { name: "dropping one sequence builds no other", text: "\x1b\x1b[0m[2J", want: "␛[2J" },
  { name: "bidi override (Trojan Source)", text: "user\u202e txt.exe", want: "user⟨U+202E⟩ txt.exe" },
  { name: "bidi isolates and marks", text: "\u2066a\u2069\u200f\u061c", want: "⟨U+2066⟩a⟨U+2069⟩⟨U+200F⟩⟨U+061C⟩" },
  { name: "zero-width characters", text: "pay\u200bpal\u200d\ufeff", want: "pay⟨U+200B⟩pal⟨U+200D⟩⟨U+FEFF⟩" },
  { name: "soft hyphens and fillers", text: "a\u00adb\u3164c", want: "a⟨U+00AD⟩b⟨U+3164⟩c" },
  { name: "invisible tags", text: "ok\u{e0068}\u{e0069}", want: "ok⟨U+E0068⟩⟨U+E0069⟩" },
  { name: "variation selectors that carry data", text: "a\ufe01\u{e0101}", want: "a⟨U+FE01⟩⟨U+E0101⟩" },
  { name: "separators that forge lines", text: "a\u2028b\u2029c", want: "a⟨U+2028⟩b⟨U+2029⟩c" },
  { name: "lone surrogates", text: "a\ud800b\udc00", want: "a\ufffdb\ufffd" },
  { name: "NUL and delete", text: "a\0b\x7f", want: "a␀b␡" },
  { name: "lines of Windows", text: "a\r\nb\r\n", want: "a\nb\n" },
  { name: "piles of marks", text: `a${"\u0301".repeat(500)}b`, want: `a${"\u0301".repeat(8)}b` },
])("$name", ({ text, want }) => {
  expect(plainText(text)).toBe(want);
});

test.each([
  '2026-11-22T10:00:00Z ERROR {"pod":"web-1"}\n\tat main.go:12',
  "磁盘几乎用完 · Платёж · مرحبا · שלום · ไทย · हिन्दी · Tiếng Việt",
  "⚠️ ✔︎ 🚀 e\u0301 ← → ≥ ␛",
  "<script>alert(1)</script> &amp; $x `y` '=1+1",
])("ordinary text stays: %j", (text) => {
  expect(plainText(text)).toBe(text);
});

test("in one line nothing forges a second row", () => {
  expect(plainLine("web-1\nlab-2\thealthy\r\n")).toBe("web-1␊lab-2 healthy␊");
});

const hostile = fc.string({
  unit: fc.oneof(
    fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
    fc.constantFrom("\x1b[", "\x1b]8;;", "\x9b", "m", "0", ";", "\u202e", "\r", "\ud800", "\u{e0041}", "\u0301"),
  ),
  maxLength: 300,
});

test("nothing that acts is left, whatever comes in", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(forbiddenIn(plainText(text))).toEqual([]);
      expect(forbiddenIn(plainLine(text))).toEqual([]);
      expect(plainLine(text)).not.toContain("\n");
    }),
    { numRuns: 2_000 },
  );
});

test("what was made inert once stays the same", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(plainText(plainText(text))).toBe(plainText(text));
    }),
    { numRuns: 1_000 },
  );
});

test("the length is bounded, and no pair is cut in half", () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 2, max: 40 }), (text, max) => {
      const shown = plainText(text, max);
      expect(shown.length).toBeLessThanOrEqual(max);
      expect(forbiddenIn(shown)).toEqual([]);
    }),
  );
  expect(plainText("x".repeat(10_000_000)).length).toBe(262_144);
});

// Work that grows with the square of the length would outlast the test's own time limit here.
test.each(["\x1b[", "\x1b[1;", "\x9b1", "\u0301", "\r", "\u202e"])("long runs of %j are done with at once", (unit) => {
  const text = unit.repeat(200_000);
  expect(forbiddenIn(plainText(text))).toEqual([]);
});

test("every text in a value is made inert, keys too; dates, numbers and prototypes stay", () => {
  const at = new Date(0);
  const value = JSON.parse(
    '{"name":"a\\u202eb","list":["\\u001b[2J",1,null],"k\\u0000":true,"__proto__":{"isAdmin":true}}',
  );
  const plain = plainValue({ ...value, at, map: new Map([["k\x07", new Set(["\x1b"])]]) });
  expect(plain).toMatchObject({ name: "a⟨U+202E⟩b", list: ["␛[2J", 1, null], "k␀": true, at });
  expect(plain.map).toEqual(new Map([["k␇", new Set(["␛"])]]));
  expect(Object.getPrototypeOf(plain)).toBe(Object.prototype);
  expect("isAdmin" in plain).toBe(false);
  expect(plainValue({ exact: { a: "\x07" }, b: "\x07" }, ["exact"])).toEqual({ exact: { a: "\x07" }, b: "␇" });
});

test("JSON for programs keeps every character, escaped", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const json = escapeJson(JSON.stringify({ text }));
      expect(forbiddenIn(json)).toEqual([]);
      expect(JSON.parse(json)).toEqual({ text });
    }),
  );
});
