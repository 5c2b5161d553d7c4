// Asking checks about the future: the instant found is the one at which the outcome changes, however many checks change when.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Check, defineCheck } from "../../checks/define.ts";
import { NOW, nodeFacts } from "../../testing/facts.ts";
import { AHEAD_MAX_MS, AHEAD_MIN_MS, aheadOf, changesWithin, laterView } from "./clock.ts";
import { toView } from "./facts.ts";
import { askCheck } from "./look.ts";

const text = { en: "", zh: "" };
const NOTHING: ReadonlySet<string> = new Set();
/** A problem from so many ms after NOW on. */
const from = (ms: number, factTtlMs = 1e12): Check =>
  defineCheck({
    id: "from",
    title: text,
    area: "time",
    severity: "info",
    needs: ["sysctls"],
    raiseAfterMs: 0,
    clearAfterMs: 0,
    factTtlMs,
    thresholds: {},
    suggestion: text,
    repairs: [],
    evaluate: ({ now }) => {
      const message = { en: `since ${now - NOW} ms`, zh: "" }; // words that tell an age are no change
      return now - NOW >= ms ? [{ subject: "x", reason: "R", message, evidence: [], params: {} }] : [];
    },
  });
const rows = [{ kind: "sysctls", data: {}, error: null, at: new Date(NOW), receivedAt: new Date(NOW) }];
const view = (isConnected = true) =>
  toView(rows, { isConnected, lastSeenAt: new Date(NOW), disconnectedAt: null }, true, new Date(NOW));
const within = (checks: Check[], aheadMs: number, isConnected = true) =>
  changesWithin(
    checks.map((check) => ({ check, outcome: askCheck(check, view(isConnected), NOTHING), open: NOTHING })),
    view(isConnected),
    aheadMs,
    askCheck,
  );

test("it is the earliest change, to the second, and never before it", () => {
  const instant = fc.integer({ min: 1, max: 10_000_000 });
  fc.assert(
    fc.property(
      fc.array(instant, { maxLength: 6 }),
      fc.integer({ min: 1_000, max: 5_000_000 }),
      (instants, aheadMs) => {
        const first = Math.min(...instants);
        const checks = instants.map((ms) => from(ms));
        const found = within(checks, aheadMs);
        if (first > aheadMs) expect(found).toBeNull();
        else {
          expect(found).toBeGreaterThanOrEqual(first);
          expect(found).toBeLessThanOrEqual(Math.min(first + 1_000, aheadMs));
        }
      },
    ),
    { numRuns: 500, seed: 5 },
  );
});

describe("facts", () => {
  test("of a live session never go stale, of a lost one when their time is over", () => {
    expect(within([from(1e13, 60_000)], 3_600_000)).toBeNull();
    const stale = within([from(1e13, 60_000)], 3_600_000, false);
    expect(stale).toBeGreaterThan(60_000);
    expect(stale).toBeLessThanOrEqual(61_000);
  });
  test("keep their content in the future", () => {
    const all = nodeFacts();
    const now = { facts: all, now: NOW, lookedAt: new Map(), isLive: true };
    const later = laterView(now, 5_000);
    expect(Object.keys(later.facts)).toEqual(Object.keys(all));
    expect(later.facts.identity?.data).toBe(all.identity?.data);
    expect(later.facts.identity?.at).toBe(NOW + 5_000);
  });
});

test("how far ahead grows with quiet, within bounds", () => {
  expect(aheadOf(0)).toBe(AHEAD_MIN_MS);
  expect(aheadOf(600_000)).toBe(2_400_000);
  expect(aheadOf(Number.POSITIVE_INFINITY)).toBe(AHEAD_MAX_MS);
});
