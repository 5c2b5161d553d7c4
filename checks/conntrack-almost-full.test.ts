// conntrack-almost-full: boundary, hysteresis, a kernel without limit.
import { expect, it } from "vitest";
import { problemsOf, unknownOf } from "../testing/catalogue.ts";
import { healthyData, nodeFacts } from "../testing/facts.ts";
import { conntrackAlmostFull } from "./conntrack-almost-full.ts";

const at = (count: number, max = 1_000) =>
  nodeFacts({ conntrack: { ...healthyData().conntrack, count, max, usedRatio: count / max } });

it("rises at 90 %, stays until it is below 80 %, is critical at 98 %", () => {
  expect(problemsOf(conntrackAlmostFull, at(899))).toEqual([]);
  expect(problemsOf(conntrackAlmostFull, at(900))).toMatchObject([
    { severity: "warning", params: { count: 900, max: 1_000 } },
  ]);
  expect(problemsOf(conntrackAlmostFull, at(800), ["conntrack"])).toHaveLength(1);
  expect(problemsOf(conntrackAlmostFull, at(799), ["conntrack"])).toEqual([]);
  expect(problemsOf(conntrackAlmostFull, at(980))).toMatchObject([{ severity: "critical" }]);
});

it("cannot say without a limit", () => {
  expect(unknownOf(conntrackAlmostFull, at(5, 0))).toContain("no limit");
});
