// The security checklist is whole, names tests that exist, gives a reason for everything else, and its page is the one that it makes.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Checklist, chapterOf, faults, page, type Requirement, readChecklist } from "./asvs.ts";

const root = join(import.meta.dirname, "..");
const checklist = readChecklist(root);

/** Requirements of levels 1 and 2 by chapter, counted in the standard itself (5.0.0): 70 of level 1, 183 of level 2. */
const COUNTS: Record<string, number> = {
  V1: 27,
  V2: 11,
  V3: 19,
  V4: 10,
  V5: 9,
  V6: 35,
  V7: 18,
  V8: 7,
  V9: 7,
  V10: 29,
  V11: 14,
  V12: 9,
  V13: 13,
  V14: 9,
  V15: 13,
  V16: 16,
  V17: 7,
};

test("every requirement of levels 1 and 2 has an entry", () => {
  const counted: Record<string, number> = {};
  for (const { id } of checklist.requirements) counted[chapterOf(id)] = (counted[chapterOf(id)] ?? 0) + 1;
  expect(counted).toEqual(COUNTS);
  expect(checklist.requirements.filter(({ level }) => level === 1)).toHaveLength(70);
  expect(checklist.requirements.filter(({ level }) => level === 2)).toHaveLength(183);
});

test("each entry has tests that exist, or a reason", () => {
  expect(faults(checklist, (path) => existsSync(join(root, path)))).toEqual([]);
});

test("the page is current", () => {
  expect(readFileSync(join(root, "docs/asvs.md"), "utf8")).toBe(page(checklist));
});

const fine: Requirement = { id: "V1.1.1", level: 1, topic: "x", status: "met", tests: ["a.test.ts"], note: "" };
test.each<{ name: string; entries: Requirement[] }>([
  { name: "an id twice", entries: [fine, fine] },
  { name: "an unknown id", entries: [{ ...fine, id: "V99.1.1" }] },
  { name: "a test that is gone", entries: [{ ...fine, tests: ["gone.test.ts"] }] },
  { name: "met without test or fact", entries: [{ ...fine, tests: [] }] },
  { name: "partly without what is missing", entries: [{ ...fine, status: "partly" }] },
])("finds $name", ({ entries }) => {
  const list: Checklist = { standard: "", source: "", chapters: { V1: "One" }, requirements: entries };
  expect(faults(list, (path) => path === "a.test.ts")).toHaveLength(1);
});
