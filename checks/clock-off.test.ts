// clock-off: boundary, hysteresis, both directions, nothing to compare with.
import { expect, it } from "vitest";
import { problemsOf, unknownOf } from "../testing/catalogue.ts";
import { nodeFacts } from "../testing/facts.ts";
import { clockOff } from "./clock-off.ts";

const at = (gatewayOffsetMs: number | null, offsetMs: number | null = null) =>
  nodeFacts({ timeSync: { source: "chrony", synchronized: false, offsetMs, gatewayOffsetMs } });

it("rises at 2 s, stays until it is below 1 s, is critical at a minute", () => {
  expect(problemsOf(clockOff, at(1_900))).toEqual([]);
  expect(problemsOf(clockOff, at(2_000))).toMatchObject([{ reason: "Ahead", severity: "warning" }]);
  expect(problemsOf(clockOff, at(-2_000))).toMatchObject([{ reason: "Behind" }]);
  expect(problemsOf(clockOff, at(1_000), ["clock"])).toHaveLength(1);
  expect(problemsOf(clockOff, at(900), ["clock"])).toEqual([]);
  expect(problemsOf(clockOff, at(-60_000))).toMatchObject([{ severity: "critical" }]);
});

it("takes the time service's word where the gateway has not answered yet", () => {
  expect(problemsOf(clockOff, at(null, 5_000))).toHaveLength(1);
  expect(unknownOf(clockOff, at(null))).toContain("compared");
});
