// Articles of causes: the parser's refusals, and that every cause has one in both languages whose links lead somewhere.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checks } from "../checks/index.ts";
import { causes } from "../diagnosis/causes/list.ts";
import { repairs } from "../repairs/index.ts";
import { causeArticleFile, parseCauseArticle } from "./cause-article.ts";
import type { Language } from "./loader.ts";

const folder = join(import.meta.dirname, "causes");
const good = `---
title: A
cause: a-b
exitCodes: [137]
sources: ["https://example.org/a"]
---

## What you see

s

## What it means

m

## Yours or ours

y

## What you can do

d

## What an SRE does

o
`;

describe("parseCauseArticle", () => {
  it("gives front matter and sections", () => {
    const article = parseCauseArticle(good, "en");
    expect(article).toMatchObject({ title: "A", cause: "a-b", exitCodes: [137], checks: [], repairs: [] });
    expect(article.sections).toEqual({ see: "s", meaning: "m", side: "y", safe: "d", sre: "o" });
  });

  it.each([
    ["no title", good.replace("title: A\n", ""), "title"],
    ["no cause", good.replace("cause: a-b\n", ""), "cause"],
    ["a cause that is no id", good.replace("cause: a-b", "cause: ../a"), "cause"],
    ["an entry nobody knows", good.replace("title: A", "title: A\nsignature: x"), "Unrecognized"],
    ["a source that is no address", good.replace("https://example.org/a", "javascript:alert(1)"), "sources"],
    ["a heading is missing", good.replace("## Yours or ours\n", ""), 'no text under "## Yours or ours"'],
    ["an extra heading", `${good}\n## More\n\nz\n`, "in this order"],
  ])("refuses: %s", (_name, text, message) => {
    expect(() => parseCauseArticle(text, "en")).toThrow(message);
  });
});

describe("articles of causes", () => {
  const cases = causes.flatMap(({ id }) => (["en", "zh"] as const).map((language) => [id, language] as const));
  const known = {
    checks: new Set<string>(checks.map(({ id }) => id)),
    repairs: new Set<string>(repairs.map(({ id }) => id)),
  };

  it.each(cases.map(([id, language]) => [causeArticleFile(id, language), id, language] as const))(
    "%s",
    (file, id, language: Language) => {
      const article = parseCauseArticle(readFileSync(join(folder, file), "utf8"), language);
      expect(article.cause).toBe(id);
      expect(article.checks.filter((check) => !known.checks.has(check))).toEqual([]);
      expect(article.repairs.filter((repair) => !known.repairs.has(repair))).toEqual([]);
      if (language === "en") expect(article.sources, "where it comes from").not.toEqual([]);
      // Whole pairs of backticks: half a command is another command.
      for (const line of article.body
        .split(/```[^`]*```/)
        .join("\n")
        .split("\n"))
        expect(line.split("`").length % 2, line).toBe(1);
    },
  );

  it("no article is left over from a cause that is gone", () => {
    const wanted = new Set(cases.map(([id, language]) => causeArticleFile(id, language)));
    expect(readdirSync(folder).filter((file) => !wanted.has(file))).toEqual([]);
  });
});
