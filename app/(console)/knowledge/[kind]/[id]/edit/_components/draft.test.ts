// The editor's fields: an empty one has what an article needs, nothing is lost on the way to the server and back.
import { expect, test } from "vitest";
import { parseCauseArticle } from "../../../../../../../knowledge/cause-article.ts";
import { parseArticle } from "../../../../../../../knowledge/loader.ts";
import { draftOf, emptyText, fieldsOf, newSignature, newText } from "./draft.ts";

const filled = (text: string): string => text.replace("title: \n", "title: A\n").replace(/(## .+\n)/g, "$1\ntext\n");

test.each(["en", "zh"] as const)("an empty editor (%s) is an article as soon as it is filled in", (language) => {
  expect(parseCauseArticle(filled(emptyText("cause/a-b", language)), language).cause).toBe("a-b");
  expect(parseArticle(filled(emptyText("check/a-b", language)), language).check).toBe("a-b");
});

test("rows that are empty are left out, conditions that are empty, too", () => {
  const fields = fieldsOf("cause/a-b", null);
  const cause = fields.cause;
  if (!cause) throw new Error("a new cause has signatures");
  const { cause: sent } = draftOf("cause/a-b", {
    ...fields,
    cause: {
      ...cause,
      signatures: [newSignature(), { ...newSignature(), match: "abc", also: " " }],
      fits: [newText(" "), newText("x\n")],
    },
  });
  expect(sent).toEqual({
    side: "either",
    words: "",
    signatures: [{ match: "abc", strength: "strong" }],
    fits: ["x\n"],
    fitsNot: [],
  });
});

test("an article of a check has no signatures", () => {
  expect(fieldsOf("check/a-b", null).cause).toBeNull();
});
