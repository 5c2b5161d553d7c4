// Each static rule catches a planted line, keeps quiet on its harmless neighbour, and this checkout breaks none.
import { join } from "node:path";
import { expect, test } from "vitest";
import { readSources } from "./check-architecture.ts";
import { STATIC_RULES, staticViolations, withoutComments } from "./static-rules.ts";

const planted: { rule: string; path: string; bad: string; fine: string }[] = [
  {
    rule: "shell",
    path: "agent/a.ts",
    bad: 'import { spawn, exec } from "node:child_process";',
    fine: 'import { execFile, spawn } from "node:child_process";',
  },
  {
    rule: "shell",
    path: "server/x/a.ts",
    bad: 'import { spawn } from "node:child_process"; spawn(name, args, { shell: true });',
    fine: 'import { spawn } from "node:child_process"; spawn(name, args, { shell: false });',
  },
  {
    rule: "shell",
    path: "workers/a.ts",
    bad: 'import * as children from "child_process";',
    fine: 'import * as path from "node:path";',
  },
  { rule: "shell-words", path: "agent/a.ts", bad: 'run(["sh", "-c", text]);', fine: 'run(["sh", script]);' },
  {
    rule: "sql-text",
    path: "server/nodes/a.ts",
    bad: "await tx.$queryRawUnsafe(text);",
    fine: "await tx.$queryRaw(sql`SELECT 1`);",
  },
  {
    rule: "sql-text",
    path: "server/nodes/a.ts",
    bad: 'import { raw, sql } from "../core/sql.ts";',
    fine: 'import { join, sql } from "../core/sql.ts";',
  },
  { rule: "compiled-text", path: "web/a.ts", bad: 'new Function("return 1")()', fine: "retrieval(1)" },
  { rule: "compiled-text", path: "web/a.ts", bad: "eval(text)", fine: "page.eval(text)" },
  { rule: "markup", path: "app/a.tsx", bad: "<p dangerouslySetInnerHTML={{ __html: text }} />", fine: "<p>{text}</p>" },
  { rule: "markup", path: "app/a.tsx", bad: "element.innerHTML = text;", fine: "element.textContent = text;" },
  {
    rule: "tls-unchecked",
    path: "workers/a.ts",
    bad: "connect({ rejectUnauthorized: false });",
    fine: "connect({ rejectUnauthorized: true });",
  },
  { rule: "weak-hash", path: "server/x/a.ts", bad: 'createHash("md5")', fine: 'createHash("sha256")' },
];

test.each(planted)("$rule: $bad", ({ rule, path, bad, fine }) => {
  expect(staticViolations(new Map([[path, bad]]))).toEqual([expect.stringContaining(`: ${rule}: `)]);
  expect(staticViolations(new Map([[path, fine]]))).toEqual([]);
});

test("every rule has a planted line", () => {
  expect(new Set(planted.map(({ rule }) => rule))).toEqual(new Set(STATIC_RULES.map(({ id }) => id)));
});

test("comments may speak of what is forbidden; strings with // in them are no comments", () => {
  expect(staticViolations(new Map([["web/a.ts", "// never eval(text)\n/* nor\n new Function() */"]]))).toEqual([]);
  expect(withoutComments('const url = "https://x"; eval(url)')).toContain("eval(url)");
});

test("an exception holds for its file only, and must still be needed", () => {
  const line = "<script dangerouslySetInnerHTML={{ __html: text }} />";
  expect(staticViolations(new Map([["app/layout.tsx", line]]))).toEqual([]);
  expect(staticViolations(new Map([["app/other.tsx", line]]))).toHaveLength(1);
  expect(staticViolations(new Map([["app/layout.tsx", "<b />"]]))).toEqual([
    expect.stringContaining("no longer needed"),
  ]);
});

test("this checkout breaks none", () => {
  const files = readSources(join(import.meta.dirname, ".."));
  expect(files.size).toBeGreaterThan(300);
  expect(staticViolations(files)).toEqual([]);
});
