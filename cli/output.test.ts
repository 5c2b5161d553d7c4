// What reaches a terminal: our own styles, and text that cannot steer it.
import { styleText } from "node:util";
import { expect, test } from "vitest";
import { safeForTerminal } from "./output.ts";

test.each([
  {
    name: "our styles stay",
    text: styleText(["bold", "red"], "bad", { validateStream: false }),
    want: "\x1b[1m\x1b[31mbad\x1b[39m\x1b[22m",
  },
  { name: "no cursor moves", text: "ok\x1b[1A\x1b[2Kforged", want: "ok␛[1A␛[2Kforged" },
  {
    name: "no title, no link, no clipboard",
    text: "\x1b]0;x\x07\x1b]8;;u\x1b\\\x1b]52;c;eA==\x07",
    want: "␛]0;x␇␛]8;;u␛\\␛]52;c;eA==␇",
  },
  { name: "a style cannot glue a sequence together", text: "\x1b\x1b[1m[2J", want: "␛\x1b[1m[2J" },
  { name: "nothing hides", text: "a\x1b[8mb\x1b[0m", want: "ab" },
  { name: "no bidi, no C1", text: "a\u202eb\x9b2J", want: "a⟨U+202E⟩b⟨U+009B⟩2J" },
])("$name", ({ text, want }) => {
  expect(safeForTerminal(text)).toBe(want);
});
