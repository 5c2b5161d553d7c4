// Counting of test reports: nothing that went wrong may count as nothing.
import { expect, test } from "vitest";
import { add, closingLine, countFuzz, countPlaywright, countVitest } from "./counts.ts";

test("vitest: passed, failed, skipped and todo", () => {
  const report = {
    numPassedTests: 5,
    numFailedTests: 1,
    numPendingTests: 2,
    numTodoTests: 1,
    testResults: [{ status: "failed", assertionResults: [{}] }],
  };
  expect(countVitest(report)).toEqual({ passed: 5, failed: 1, skipped: 3 });
});

test("vitest: a file that does not load is a failure", () => {
  const report = {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    testResults: [{ status: "failed", assertionResults: [] }],
  };
  expect(countVitest(report).failed).toBe(1);
});

test("playwright: a failed set-up is a failure", () => {
  expect(countPlaywright({ stats: { expected: 0, unexpected: 0, flaky: 0, skipped: 3 }, errors: [{}] })).toEqual({
    passed: 0,
    failed: 1,
    skipped: 3,
  });
});

test("fuzz: a fault, a useless generator and an interruption are failures", () => {
  const fine = { failure: null, problem: null };
  const bad = [
    { failure: {}, problem: null },
    { failure: null, problem: "nothing accepted" },
  ];
  expect(countFuzz({ decoders: [fine, ...bad], isInterrupted: false })).toEqual({ passed: 1, failed: 2, skipped: 0 });
  expect(countFuzz({ decoders: [fine], isInterrupted: true }).failed).toBe(1);
});

test("the closing line", () => {
  expect(closingLine(add({ passed: 1, failed: 2, skipped: 3 }, { passed: 10, failed: 0, skipped: 0 }))).toBe(
    "11 passed, 2 failed, 3 skipped",
  );
});
