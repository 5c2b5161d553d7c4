// The doctor's report: worst first, what follows from a cause apart, exit code by severity; and the whole command as it is called, also without rights.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Outcome, Problem } from "../checks/define.ts";
import { checks } from "../checks/index.ts";
import { NOW, nodeFacts } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";
import { chosenChecks, languageOf, sayAll } from "./doctor.ts";
import { evidenceLines, exitCodeOf, reportLines, type Said } from "./doctor-text.ts";

const t = (en: string, zh: string) => ({ en, zh });
const problem = (over: Partial<Problem> = {}): Problem => ({
  subject: "a",
  reason: "R",
  message: t("a is broken", "a 坏了"),
  evidence: [],
  params: {},
  ...over,
});
const said = (id: string, outcome: Outcome, over: Partial<Said> = {}): Said => ({
  id,
  title: t(`Title ${id}`, `标题 ${id}`),
  severity: "warning",
  suggestion: t("do this", "这样做"),
  outcome,
  causes: [],
  ...over,
});
const broken = (...problems: Problem[]): Outcome => ({ status: "problems", problems });
const unknown: Outcome = { status: "unknown", reason: "may not be read" };

describe("exit code", () => {
  it.each([
    ["all well", [said("a", { status: "ok" })], 0],
    ["advice only", [said("a", broken(problem({ severity: "info" })))], 0],
    ["a warning", [said("a", broken(problem())), said("b", unknown)], 1],
    ["something critical", [said("a", broken(problem())), said("b", broken(problem()), { severity: "critical" })], 2],
    ["a problem of its own severity", [said("a", broken(problem({ severity: "critical" })))], 2],
    ["something unknown", [said("a", unknown), said("b", { status: "ok" })], 3],
    ["only what follows from a cause that was not found", [said("a", broken(problem()), { causes: ["x"] })], 0],
  ])("%s", (_, all, expected) => expect(exitCodeOf(all)).toBe(expected));
});

describe("report", () => {
  const all = [
    said("small", broken(problem({ severity: "info", message: t("note", "提示内容") }))),
    said("large", broken(problem(), problem({ subject: "b", message: t("b\u001b[2J too", "b 也是") })), {
      severity: "critical",
    }),
    said("after", broken(problem()), { causes: ["large"] }),
    said("dark", unknown),
    said("fine", { status: "ok" }),
  ];

  it("puts the worst first, gives the advice once, and hides nothing that could not be looked at", () => {
    const text = reportLines(all, "en");
    const at = (part: string) => text.findIndex((line) => line.includes(part));
    expect([at("a is broken"), at("note")].every((i) => i >= 0)).toBe(true);
    expect(at("Title large")).toBeLessThan(at("Title small"));
    expect(text.filter((line) => line.includes("do this"))).toHaveLength(2);
    expect(text.find((line) => line.includes("Title after"))).toContain("follows from large");
    expect(text.find((line) => line.includes("Title dark"))).toContain("may not be read");
    expect(text.at(-1)).toBe("5 checks: 2 critical, 0 warnings, 1 notes; 1 well, 1 could not be looked at.");
    expect(text.join("")).not.toContain("\u001b");
  });

  it("speaks Chinese", () => {
    const text = reportLines(all, "zh").join("\n");
    for (const part of ["严重  标题 large", "a 坏了", "处理建议: 这样做", "由 large 引起"])
      expect(text).toContain(part);
  });

  it("shows each kind of evidence in a few lines", () => {
    const label = t("L", "标");
    const rows = Array.from({ length: 9 }, (_, i) => [`n\n${i}`, i]);
    expect([
      evidenceLines(
        { label, source: "pods", kind: "number", value: 3 * 1_024 ** 3, unit: "bytes", threshold: 1_024 },
        "en",
      ),
      evidenceLines({ label, source: "pods", kind: "number", value: 0.956, unit: "ratio" }, "zh"),
      evidenceLines({ label, source: "pods", kind: "log", lines: ["x", "y"] }, "en"),
      evidenceLines({ label, source: "pods", kind: "table", columns: ["name", "i"], rows }, "en").length,
    ]).toEqual([["L: 3 GiB (threshold 1 KiB)"], ["标: 95.6 %"], ["L:", "  x", "  y"], 8]);
  });
});

describe("what is looked at", () => {
  it("is every check, or those that are named", () => {
    expect(chosenChecks(undefined)).toBe(checks);
    expect(chosenChecks("runtime-hung,runtime-down").map(({ id }) => id)).toEqual(["runtime-down", "runtime-hung"]);
    for (const wrong of ["", "no-such-check", "runtime-down,x"]) expect(() => chosenChecks(wrong)).toThrow("no check");
  });

  it("says the same as the console of the same facts, causes apart", () => {
    const facts = faultFacts["runtime-down"]?.[0]?.facts ?? expect.fail("no facts");
    const all = sayAll(checks, facts, NOW);
    expect(
      all.filter(({ outcome, causes }) => outcome.status === "problems" && causes.length === 0).map(({ id }) => id),
    ).toEqual(["runtime-down"]);
    expect(exitCodeOf(all)).toBe(2);
    expect(exitCodeOf(sayAll(checks, nodeFacts(), NOW))).toBe(0);
  });

  it("knows the languages", () => {
    expect(languageOf(undefined, { LANG: "zh_CN.UTF-8" })).toBe("zh");
    expect(languageOf("en", { LANG: "zh_CN.UTF-8" })).toBe("en");
    expect(languageOf(undefined, {})).toBe("en");
    expect(() => languageOf("fr", {})).toThrow("no language fr");
  });
});

type Ran = { code: number; stdout: string; stderr: string };
const main = join(import.meta.dirname, "main.ts");

/** Calls the agent as a person does. `uid` 65534: nobody. */
const call = (args: string[], uid?: number): Promise<Ran> =>
  new Promise((resolve) => {
    const options = { timeout: 90_000, maxBuffer: 64 * 1024 * 1024, ...(uid === undefined ? {} : { uid, gid: uid }) };
    execFile(process.execPath, [main, ...args], options, (err, stdout, stderr) => {
      resolve({ code: err === null ? 0 : typeof err.code === "number" ? err.code : 128, stdout, stderr });
    });
  });

describe("nodeops-agent doctor", () => {
  const state = mkdtempSync(join(tmpdir(), "nodeops-doctor-"));
  const where = ["--state", state, "--config", join(state, "none.json")];
  it("looks at this machine and says so by its exit code", { timeout: 120_000 }, async () => {
    const { code, stdout } = await call(["doctor", "--json", ...where]);
    const report = JSON.parse(stdout) as { exitCode: number; outcomes: Said[] };
    expect(code).toBe(report.exitCode);
    expect(report.outcomes.map(({ id }) => id)).toEqual(checks.map(({ id }) => id));
    expect(exitCodeOf(report.outcomes)).toBe(code);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "works without rights, and what it cannot read is unknown, not well",
    {
      timeout: 120_000,
    },
    async () => {
      const { code, stdout, stderr } = await call(
        ["doctor", "--only", "runtime-down,disk-almost-full", ...where],
        65_534,
      );
      expect([0, 1, 2, 3], stderr).toContain(code);
      expect(stdout).toMatch(/^2 checks: /m);
    },
  );

  it("refuses a wrong call", async () => {
    expect((await call(["doctor", "--only", "x", ...where])).code).toBe(64);
    rmSync(state, { recursive: true, force: true });
  });
});
