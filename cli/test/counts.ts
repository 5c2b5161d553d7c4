// Reads what vitest, Playwright and the fuzzer wrote about a run and counts it the same way. Pure.

export type Counts = { passed: number; failed: number; skipped: number };

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 };

export const add = (a: Counts, b: Counts): Counts => ({
  passed: a.passed + b.passed,
  failed: a.failed + b.failed,
  skipped: a.skipped + b.skipped,
});

type VitestReport = {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numTodoTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
};

/** vitest's JSON report; a file that did not even load counts as one failure. */
export function countVitest(report: VitestReport): Counts {
  const broken = report.testResults.filter(
    (file) => file.status === "failed" && file.assertionResults.length === 0,
  ).length;
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

export type PlaywrightReport = {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number };
  errors: unknown[];
};

/** Playwright's JSON report; a flaky test passed in the end, an error outside any test (the set-up) is a failure. */
export function countPlaywright({ stats, errors }: PlaywrightReport): Counts {
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected + errors.length, skipped: stats.skipped };
}

type FuzzReport = { decoders: { failure: unknown; problem: string | null }[]; isInterrupted: boolean };

/** A decoder is a test; a run that was cut short is a failure. */
export function countFuzz({ decoders, isInterrupted }: FuzzReport): Counts {
  const failed = decoders.filter(({ failure, problem }) => failure !== null || problem !== null).length;
  return { passed: decoders.length - failed, failed: failed + (isInterrupted ? 1 : 0), skipped: 0 };
}

/** The line that closes a test run. */
export const closingLine = ({ passed, failed, skipped }: Counts): string =>
  `${passed} passed, ${failed} failed, ${skipped} skipped`;
