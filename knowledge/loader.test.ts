// Articles: the parser's refusals, and that every check has one in both languages with all headings.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checks } from "../checks/index.ts";
import { articleFile, type Language, parseArticle } from "./loader.ts";

const folder = join(import.meta.dirname, "articles");
const good =
  "---\ntitle: A\ncheck: a-b\n---\n\n## Meaning\n\nm\n\n## Impact\n\ni\n\n## Diagnosis\n\nd\n\n## Mitigation\n\nx\n\n## Thresholds\n\nt\n";

describe("parseArticle", () => {
  it("gives title, check and sections without their headings", () => {
    const article = parseArticle(good, "en");
    expect(article).toMatchObject({ title: "A", check: "a-b" });
    expect(article.sections).toEqual({ meaning: "m", impact: "i", diagnosis: "d", mitigation: "x", thresholds: "t" });
  });

  it.each([
    ["no title", good.replace("title: A\n", ""), "no title"],
    ["no check", good.replace("check: a-b\n", ""), "no check"],
    ["a heading is missing", good.replace("## Impact\n", ""), 'no text under "## Impact"'],
    ["nothing under a heading", good.replace("\ni\n", "\n"), 'no text under "## Impact"'],
    [
      "headings out of order",
      good.replace("## Impact\n\ni\n\n## Diagnosis\n\nd", "## Diagnosis\n\nd\n\n## Impact\n\ni"),
      "in this order",
    ],
    ["an extra heading", `${good}\n## More\n\nz\n`, "in this order"],
  ])("refuses: %s", (_name, text, message) => {
    expect(() => parseArticle(text, "en")).toThrow(message);
  });
});

describe("articles", () => {
  const cases = checks.flatMap((check) => (["en", "zh"] as const).map((language) => [check, language] as const));

  it.each(cases.map(([check, language]) => [articleFile(check.id, language), check, language] as const))(
    "%s",
    (file, check, language: Language) => {
      const article = parseArticle(readFileSync(join(folder, file), "utf8"), language);
      expect(article.check).toBe(check.id);
      expect(article.title).toBe(check.title[language]);
      // Short enough to be read at night.
      expect(article.body.split("\n").length).toBeLessThanOrEqual(60);
    },
  );

  // A command is copied at night as it stands: half of it, cut at its "|", is another command.
  it.each(readdirSync(folder))("%s: commands stand whole on their line, steps are numbered in order", (file) => {
    let inFence = false;
    let step = 0;
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      if (line.startsWith("```")) inFence = !inFence;
      if (inFence || line.startsWith("```")) continue;
      expect(line.split("`").length % 2, `a backtick without its pair: ${line}`).toBe(1);
      const item = /^(\d+)\. (.*)$/.exec(line);
      if (line.startsWith("#")) step = 0;
      if (item === null) continue;
      expect(Number(item[1]), `number of the step: ${line}`).toBe(++step);
      expect(item[2], "begins in the middle of a pipe").not.toMatch(
        /^(grep|egrep|wc|tail|head|sort|uniq|awk|sed|cut|xargs|less|jq|tr) /,
      );
    }
    expect(inFence, "a fence is not closed").toBe(false);
  });

  it("no article is left over from a check that is gone", () => {
    const wanted = new Set(cases.map(([check, language]) => articleFile(check.id, language)));
    expect(readdirSync(folder).filter((file) => !wanted.has(file))).toEqual([]);
  });
});
