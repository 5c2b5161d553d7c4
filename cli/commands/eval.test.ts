import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runEval } from "./eval.ts";

let folder: string;
let out: string[];
let err: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "nodeops-eval-"));
  out = [];
  err = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
  vi.spyOn(console, "error").mockImplementation((line: string) => void err.push(line));
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(folder, { recursive: true });
});

async function file(content: string): Promise<string> {
  const path = join(folder, "vectors");
  await writeFile(path, content);
  return path;
}

const GOOD = { id: "p1", format: "prometheus-text", input: "up 1\n", valid: true };
const WRONG = { ...GOOD, id: "p2", valid: false };

describe("promtext", () => {
  test("counts what the parser gets right, and names what it does not", async () => {
    const path = await file(JSON.stringify({ cases: [GOOD, WRONG] }));
    expect(await runEval(["promtext", path, "--json", "--verbose"])).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({
      n: 2,
      correct: 1,
      accuracy: 0.5,
      wrong: ["p2"],
      failures: [{ id: "p2", reason: "accepted, expected a refusal" }],
    });
  });

  test("compares samples, legacy names and bytes kept as latin1", async () => {
    const sample = { family: "up", type: "unknown", name: "up", labels: { a: "½" }, value: "NaN", timestamp: 0.001 };
    const input = Buffer.from('up{a="½"} NaN 1\n').toString("latin1");
    const right = { ...GOOD, input, input_encoding: "latin1", expected_samples: [sample] };
    const records = [
      right,
      { ...right, expected_samples: [{ ...sample, timestamp: null }] },
      { ...right, expected_samples: [{ ...sample, labels: {} }] },
      { ...right, expected_samples: [{ ...sample, value: "+Inf" }] },
      { ...right, input: "up 7 1\n", expected_samples: [{ ...sample, labels: {}, value: "+Inf" }] },
      { ...right, expected_samples: [] },
      { ...GOOD, input: '{"a.b"} 1\n', valid_under_legacy_names: false },
      { ...GOOD, input: '{"a.b"} 1\n', valid_under_legacy_names: true },
    ];
    expect(await runEval(["promtext", await file(JSON.stringify(records)), "--json"])).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ n: 8, correct: 2 });
  });
});

describe("crilog", () => {
  const line = "2026-03-01T08:00:00Z stdout F hi";
  const lines = (...records: object[]) => records.map((record) => JSON.stringify(record)).join("\n");

  test("reads every kind of record", async () => {
    const path = await file(
      lines(
        { kind: "parse_line", format: "logrus", line: "level=info msg=m", expected: { level: "info", msg: "m" } },
        { kind: "parse_line", format: "cri", line: "noise", expected: null },
        { kind: "read_logs", file_lines: [line, line], options: { tail: 1, limit_bytes: 2 }, expected: "hi" },
        {
          kind: "split_to_cri",
          input: "abc\n",
          stream: "stdout",
          max_line: 2,
          expected: [
            { tag: "P", content: "ab" },
            { tag: "F", content: "c" },
          ],
        },
        {
          kind: "split_to_cri_lengths",
          name: '(3 x "a" + newline)',
          max_line: 2,
          expected: [
            { tag: "P", length: 2 },
            { tag: "F", length: 1 },
          ],
        },
      ),
    );
    expect(await runEval(["crilog", path])).toBe(0);
    expect(out).toEqual(["crilog: 5 of 5 correct (100.0 %)"]);
  });

  test("a record that it does not understand is a wrong one", async () => {
    const path = await file(
      lines(
        { id: "ok", kind: "parse_line", format: "cri", line: "noise", expected: null },
        { id: "kind", kind: "guess_line", line },
        { id: "option", kind: "read_logs", file_lines: [line], options: { newest: 3 }, expected: "hi\n" },
        { id: "wrong", kind: "parse_line", format: "cri", line, expected: null },
      ),
    );
    expect(await runEval(["crilog", path, "--verbose"])).toBe(0);
    expect(out[0]).toBe("crilog: 1 of 4 correct (25.0 %)");
    expect(out.slice(1).map((line) => line.trim().split(":")[0])).toEqual(["kind", "option", "wrong"]);
  });
});

describe("a wrong call ends with 2 and says why", () => {
  test.each([
    ["no suite", [], "usage"],
    ["an unknown suite", ["poetry", "x"], "usage"],
    ["an unknown flag", ["crilog", "x", "--loud"], "--loud"],
    ["a missing file", ["crilog", "/nonexistent/vectors"], "cannot read /nonexistent/vectors"],
  ])("%s", async (_, args, message) => {
    expect(await runEval(args)).toBe(2);
    expect(err.join()).toContain(message);
    expect(out).toEqual([]);
  });

  test.each([
    ["no JSON", "hello\n", "line 1 is not JSON"],
    ["nothing", "", "no crilog record"],
    ["records of another suite", JSON.stringify([GOOD]), "no crilog record"],
  ])("a file with %s", async (_, content, message) => {
    expect(await runEval(["crilog", await file(content)])).toBe(2);
    expect(err.join()).toContain(message);
  });
});

describe("kmsg", () => {
  const record = (id: string, text: string, expected: string | null, not_expected?: string) =>
    JSON.stringify({ id, text, expected, not_expected });

  test("asks for the name that another project gives, and for silence where none is expected", async () => {
    const path = await file(
      [
        record("by alias", "[ 1.5] VFS: file-max limit 9 reached", "vfs_file_max_limit_reached"),
        record("by id", "VFS: file-max limit 9 reached", "open-files-exhausted"),
        record("a line that ends it", "nfs: server filer OK", "nfs_server_ok"),
        record("several lines", "hello\nnf_conntrack: table full, dropping packet\nbye", "ConntrackExceededKernel"),
        record("silence", "VFS: file-max limit reached", null, "vfs_file_max_limit_reached"),
        record("silent although named", "hello", "KernelBug"),
        record("another name", "VFS: file-max limit 9 reached", "KernelBug"),
        record("not silent", "VFS: file-max limit 9 reached", null),
        record("the name it must not have", "nfs: server filer OK", null, "nfs_server_ok"),
      ].join("\n"),
    );
    expect(await runEval(["kmsg", path, "--json"])).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({
      n: 9,
      correct: 5,
      accuracy: 5 / 9,
      wrong: ["silent although named", "another name", "not silent", "the name it must not have"],
    });
  });
});

describe("canary", () => {
  const median = { kind: "percentile", name: "median", data: [1, 2, 4, null], q: 50, expected: 2 };
  const condition = {
    kind: "condition_eval",
    name: "ratio",
    result: 0.9,
    expression: "result >= 0.95",
    expected: false,
  };

  test("one of each kind, right", async () => {
    const [x, y] = [
      [1, 4, 6],
      [2, 3],
    ];
    const classify = {
      classifier: "MannWhitneyClassifier",
      tolerance: null,
      conf_level: 0.95,
      nan_strategy: "Remove (default)",
    };
    const cases = [
      median,
      condition,
      { kind: "condition_eval", result: "1.5", expression: "asInt(result) == 1", expected: "error" },
      {
        kind: "condition_phase",
        result: 2,
        success_condition: "result < 1",
        failure_condition: "",
        expected: "Failed",
      },
      {
        kind: "classify",
        params: classify,
        canary: [5, 6, 7, 8, 9, 10],
        baseline: [1, 1, 2, 2, 1, null],
        expected: "High",
      },
      { kind: "effect_size", measure: "meanRatio", canary: [4], baseline: [2], expected: 2 },
      { kind: "effect_size", measure: "cles", argument_order: ["experiment"], canary: [4], baseline: [2], expected: 0 },
      { kind: "effect_size", measure: "meanRatio", canary: [4], baseline: [0], expected: "NaN" },
      { kind: "exact_u_cdf", m: 3, n: 3, expected: [0.05, 0.1, 0.2] },
      {
        kind: "outlier_detect",
        detector: "KSigmaDetector",
        param: 1.9,
        data: [0, 0, 0, 0, 10],
        expected: [false, false, false, false, true],
      },
      {
        kind: "score",
        metrics: [{ classification: "Pass", groups: ["a"] }],
        expected: { summary_score: 100, sorted_group_scores: [100] },
      },
      { kind: "score_threshold", score: 80.9, pass_threshold: 81, marginal_threshold: 75, expected: "Inconclusive" },
      { kind: "score_threshold", score: 80, pass_threshold: 90, marginal_threshold: 75, expected: "Marginal" },
      {
        kind: "summary_stats",
        data: [2, 4],
        expected: { min: 2, max: 4, mean: 3, std: 1.41, count: 2, std_tolerance: 0.01 },
      },
      { kind: "wilcox_test", x, y, alternative: "greater", method: "exact", expected: { U: 4, p: 0.4 } },
      { kind: "wilcoxon_diff", x: [5, 6], y: [1, 2], expected: [{ mu: 0, zq: 0, value: 1.5 / Math.sqrt(20 / 12) }] },
      { kind: "mann_whitney_ci", x: [10, 11], y: [1, 2], conf_level: 0.999, expected: { ci_low: 8, ci_high: 10 } },
      {
        kind: "mann_whitney_intermediate",
        x: [10, 11],
        y: [1, 2],
        conf_level: 0.95,
        expected: { rMumin: 8, rMumax: 10 },
      },
    ];
    expect(await runEval(["canary", await file(JSON.stringify({ cases })), "--json"])).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({ n: cases.length, correct: cases.length, accuracy: 1, wrong: [] });
  });

  test("what differs is told with both figures", async () => {
    const cases = [
      { ...median, id: "m", expected: 3 },
      { ...condition, id: "c", expected: true },
      { ...median, id: "p", q: 0 },
      { id: "x", kind: "other" },
    ];
    expect(await runEval(["canary", await file(JSON.stringify({ cases })), "--json"])).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toEqual({
      n: 4,
      correct: 0,
      accuracy: 0,
      wrong: [
        { id: "m", kind: "percentile", name: "median", expected: 3, got: 2 },
        { id: "c", kind: "condition_eval", name: "ratio", expected: true, got: false },
        { id: "p", kind: "percentile", name: "median", expected: 2, got: "percentile 0 is not in (0, 100]" },
        "x",
      ],
    });
  });
});

describe("diagnosis", () => {
  const reports = [
    { id: "d1", label: "conntrack-full", text: "nf_conntrack: table full, dropping packet" },
    { id: "d2", label: "swap-enabled", text: "nf_conntrack: table full, dropping packet" },
    { id: "d3", label: "none", text: "nginx: [emerg] duplicate listen options for 0.0.0.0:80" },
    { id: "d4", label: "none", text: "nf_conntrack: table full, dropping packet" },
    {
      id: "d5",
      label: "shim-leak",
      text: "",
      symptom_own_words: "Containers are gone but their shim processes pile up.",
    },
  ];
  const lines = reports.map((report) => JSON.stringify(report)).join("\n");

  test("tells right, first three, unknown and false positives apart, and names what is wrong", async () => {
    const write = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      out.push(String(text));
      return true;
    });
    expect(await runEval(["diagnosis", await file(lines), "--json", "--leave-out"])).toBe(0);
    write.mockRestore();
    const { p95Ms, crossValidated, ...rest } = JSON.parse(out[0] ?? "");
    expect(rest).toEqual({
      n: 5,
      top1: 2 / 3,
      top3: 2 / 3,
      falsePositiveRate: 0.5,
      unknownRate: 0,
      wrong: [
        { id: "d2", label: "swap-enabled", got: ["conntrack-full"] },
        { id: "d4", label: "none", got: ["conntrack-full"] },
      ],
    });
    expect(p95Ms).toBeGreaterThan(0);
    expect(crossValidated.labels).toBeGreaterThan(0);
  });

  test("a record of another form is refused", async () => {
    expect(await runEval(["diagnosis", await file('{"id":"x","label":"none"}'), "--json"])).toBe(2);
    expect(err[0]).toContain("record not understood");
  });
});

// Public vectors are not part of this repository: name their folder in NODEOPS_TEST_DATA to measure against them.
describe.each([
  ["promtext", "promtext/promtext.train.json"],
  ["crilog", "crilog/loglines.train.jsonl"],
  ["kmsg", "kmsg/kernel_lines.train.jsonl"],
  ["canary", "canary/canary_vectors.train.json"],
])("vectors of %s (skipped unless NODEOPS_TEST_DATA names their folder)", (suite, name) => {
  const path = join(process.env.NODEOPS_TEST_DATA ?? "", name);
  test.skipIf(!process.env.NODEOPS_TEST_DATA || !existsSync(path))("all agree", async () => {
    expect(await runEval([suite, path, "--json", "--verbose"])).toBe(0);
    expect(JSON.parse(out[0] ?? "")).toMatchObject({ accuracy: 1, failures: [] });
  });
});
