// docs/asvs.md from docs/asvs.json: each requirement of OWASP ASVS 5.0, levels 1 and 2, with the test that shows it or the reason why not.
// `node scripts/asvs.ts` writes the page; edit the JSON, never the page.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const statuses = ["met", "partly", "not", "n/a"] as const;
export type Status = (typeof statuses)[number];
/** `topic` in our words; `note`: what is missing, why it does not apply, or the fact that shows it where no test does. */
export type Requirement = { id: string; level: 1 | 2; topic: string; status: Status; tests: string[]; note: string };
export type Checklist = {
  standard: string;
  source: string;
  chapters: Record<string, string>;
  requirements: Requirement[];
};

export const readChecklist = (root: string): Checklist =>
  JSON.parse(readFileSync(join(root, "docs/asvs.json"), "utf8"));

export const chapterOf = (id: string): string => id.split(".")[0] ?? "";

const MARKS: Record<Status, string> = { met: "✓ met", partly: "◐ partly", not: "✗ not", "n/a": "– n/a" };
const cell = (text: string): string => text.replaceAll("|", "\\|");
const link = (path: string): string =>
  `[${path.split("/").slice(-2).join("/")}](../${encodeURI(path).replaceAll("(", "%28").replaceAll(")", "%29")})`;

function row({ id, level, topic, status, tests, note }: Requirement): string {
  const shown = [...tests.map(link), ...(note ? [cell(note)] : [])].join("<br>");
  return `| ${id} | ${level} | ${cell(topic)} | ${MARKS[status]} | ${shown} |`;
}

/** The page's text. */
export function page({ standard, source, chapters, requirements }: Checklist): string {
  const count = (status: Status) => requirements.filter((one) => one.status === status).length;
  const apply = requirements.length - count("n/a");
  const sections = Object.entries(chapters).map(([chapter, name]) => {
    const rows = requirements.filter(({ id }) => chapterOf(id) === chapter).map(row);
    return [
      `## ${chapter} ${name}`,
      "",
      "| id | level | about | state | shown by, or why not |",
      "|---|---|---|---|---|",
      ...rows,
    ].join("\n");
  });
  return [
    "<!-- Written by scripts/asvs.ts from asvs.json. Edit that file, then run `node scripts/asvs.ts`. -->",
    "# Security checklist",
    "",
    `${standard}. ${source}`,
    "",
    `Of ${requirements.length} requirements ${count("n/a")} do not apply. Of the other ${apply}: **${count("met")} met, ${count("partly")} partly, ${count("not")} not**. *Met* means that a test shows it, or`,
    "a fact in the code that is named. The model behind it: [security.md](security.md).",
    "",
    sections.join("\n\n"),
    "",
  ].join("\n");
}

/** What is wrong with the list itself, one line each. @param has whether a file of the checkout exists */
export function faults({ chapters, requirements }: Checklist, has: (path: string) => boolean): string[] {
  const seen = new Set<string>();
  return requirements.flatMap(({ id, level, topic, status, tests, note }) => {
    const found: string[] = [];
    if (seen.has(id)) found.push("stands twice");
    seen.add(id);
    if (!/^V\d{1,2}\.\d{1,2}\.\d{1,2}$/.test(id) || !(chapterOf(id) in chapters)) found.push("is no id");
    if (level !== 1 && level !== 2) found.push("is of another level");
    if (!statuses.includes(status)) found.push(`has the state ${status}`);
    if (topic.trim() === "") found.push("says nothing");
    for (const test of tests) if (!has(test)) found.push(`names ${test}, which is not there`);
    if (tests.length === 0 && note.trim() === "") found.push("has neither test nor reason");
    if (status !== "met" && note.trim() === "") found.push("gives no reason");
    return found.map((fault) => `${id} ${fault}`);
  });
}

if (import.meta.main) {
  const root = join(import.meta.dirname, "..");
  writeFileSync(join(root, "docs/asvs.md"), page(readChecklist(root)));
  console.log("docs/asvs.md written");
}
