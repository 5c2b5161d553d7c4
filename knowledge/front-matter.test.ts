// Front matter: nothing in it is ever run.
import { expect, test } from "vitest";
import { readFrontMatter } from "./front-matter.ts";

test("data and the text below it", () => {
  expect(readFrontMatter("---\ntitle: A\n---\n\n## B\n")).toEqual({ data: { title: "A" }, content: "\n## B\n" });
});

test.each([
  ["program text", '---js\n{ title: (globalThis.wasRun = "yes") }\n---\n'],
  ["program text, long name", '---javascript\n{ title: (globalThis.wasRun = "yes") }\n---\n'],
  ["program text behind blanks", '--- js\n{ title: (globalThis.wasRun = "yes") }\n---\n'],
  ["a tag of YAML that makes functions", '---\ntitle: !!js/function "function(){ globalThis.wasRun = 1 }"\n---\n'],
  ["another language", '---json\n{"title":"A"}\n---\n'],
  ["none", "# A\n"],
  ["too long", `---\ntitle: ${"A".repeat(100_000)}\n---\n`],
  ["no YAML", "---\ntitle: [\n---\n"],
])("refused: %s", (_name, text) => {
  expect(() => readFrontMatter(text)).toThrow();
  expect(globalThis).not.toHaveProperty("wasRun");
});
