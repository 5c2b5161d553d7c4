// Answers of the API reach the pages with inert texts; requests leave as they are.
import superjson from "superjson";
import { expect, test } from "vitest";
import { transformer } from "./transformer.ts";

test("dates stay dates, hostile texts become visible, statements stay exact", () => {
  const at = new Date(0);
  const answer = {
    rows: [{ name: "a\u202eb\x1b[2J", at, labels: new Map([["k", "\u200b"]]) }],
    statement: { nodeName: "\u200c" },
  };
  expect(transformer.output.deserialize(superjson.serialize(answer))).toEqual({
    rows: [{ name: "a⟨U+202E⟩b␛[2J", at, labels: new Map([["k", "⟨U+200B⟩"]]) }],
    statement: { nodeName: "\u200c" },
  });
});

test("what people type is sent as they typed it", () => {
  expect(transformer.input.deserialize(transformer.input.serialize({ search: "a\u200cb" }))).toEqual({
    search: "a\u200cb",
  });
});
