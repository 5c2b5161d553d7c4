// Verdicts before a change, and reports that add up.
import fc from "fast-check";
import { expect, test } from "vitest";
import { addBatch, emptyReport, readReport, verdictOf } from "./report.ts";
import type { Report, Verdict } from "./schema.ts";

const report = (
  over: Partial<Report["coverage"]> & { critical?: number; warning?: number; unknownNodes?: number },
): Report => {
  const { critical = 0, warning = 0, unknownNodes = 0, ...coverage } = over;
  const base = emptyReport();
  return {
    ...base,
    unknownNodes,
    bySeverity: { critical, warning, info: 0 },
    coverage: { ...base.coverage, asked: 100, looked: 100, ...coverage },
  };
};

test.each([
  ["all well", report({}), "pass"],
  ["warnings do not stop a change", report({ warning: 9 }), "pass"],
  ["one critical finding does", report({ critical: 1 }), "fail"],
  ["a critical finding counts more than darkness", report({ critical: 1, unknownNodes: 100 }), "fail"],
  ["no node at all", report({ asked: 0, looked: 0 }), "inconclusive"],
  ["five of a hundred unknown", report({ unknownNodes: 5 }), "pass"],
  ["six of a hundred unknown", report({ unknownNodes: 6 }), "inconclusive"],
  ["six of a hundred not reporting", report({ notReporting: 6 }), "inconclusive"],
  ["six of a hundred without facts", report({ withoutFacts: 6 }), "inconclusive"],
  ["one was not reached", report({ looked: 99 }), "inconclusive"],
  ["a critical problem in its debounce", { ...report({}), pendingCritical: 1 }, "inconclusive"],
  ["a check that nobody evaluated", { ...report({}), notEvaluated: ["gone"] }, "inconclusive"],
  ["one was removed meanwhile", report({ looked: 99, gone: 1 }), "pass"],
] satisfies [string, Report, Verdict][])("%s", (_name, given, verdict) => {
  expect(verdictOf(given).verdict).toBe(verdict);
});

test("nothing unknown may be allowed, or everything", () => {
  expect(verdictOf(report({ unknownNodes: 1 }), 0).verdict).toBe("inconclusive");
  expect(verdictOf(report({ unknownNodes: 100 }), 1).verdict).toBe("pass");
});

const counts = fc.integer({ min: 0, max: 1_000 });
const anyReport = fc.record({ opened: counts, looked: counts, a: counts, b: counts, cpuMs: counts }).map(
  ({ opened, looked, a, b, cpuMs }): Report => ({
    ...emptyReport(),
    opened,
    coverage: { ...emptyReport().coverage, looked },
    problems: { a, __proto__x: b },
    cost: { cpuMs, wallMs: 1, batches: 1 },
  }),
);

test("batches add up in any order", () => {
  fc.assert(
    fc.property(fc.array(anyReport, { maxLength: 8 }), (batches) => {
      const sum = (all: Report[]) => all.reduce(addBatch, emptyReport());
      expect(sum(batches)).toEqual(sum([...batches].reverse()));
      expect(sum(batches).opened).toBe(batches.reduce((total, one) => total + one.opened, 0));
    }),
  );
});

test("a stored report of another version is read as far as it goes", () => {
  expect(readReport({ opened: 3, coverage: { asked: 4 }, later: true })).toMatchObject({
    opened: 3,
    coverage: { asked: 4, looked: 0 },
  });
  expect(readReport(null)).toEqual(emptyReport());
  expect(readReport({ ...emptyReport(), problems: "?" }).problems).toEqual({});
});
