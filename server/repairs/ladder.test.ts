// The ladder as a table: least risk first, a budget for each repair and for all, rests that grow, and when it is a person's turn.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { RepairDefinition, Risk } from "../../repairs/define.ts";
import { mustWaitFor } from "./auto.ts";
import { isTooSick, roomOf } from "./brake.ts";
import {
  ATTEMPTS_MAX,
  ATTEMPTS_PER_REPAIR,
  type Attempt,
  COOLDOWN_MS,
  climb,
  ladderState,
  stepsLeft,
  WINDOW_MS,
} from "./ladder.ts";
import type { Hold, RepairState } from "./schema.ts";

const NOW = Date.UTC(2026, 2, 1);
const repair = (id: string, risk: Risk): RepairDefinition => ({
  id,
  title: { en: id, zh: id },
  risk,
  verifies: [],
  settleMs: 0,
  verifyWithinMs: 0,
  guards: () => [],
  plan: () => ({ nothing: { en: "", zh: "" } }),
});
const repairs = [
  repair("kill", "destructive"),
  repair("nudge", "safe"),
  repair("restart", "disruptive"),
  repair("trim", "safe"),
];
/** Ended so many minutes ago. */
const run = (repairId: string, minutesAgo: number, state: RepairState = "failed", origin = "auto"): Attempt => ({
  repairId,
  state,
  origin,
  hasTouched: state !== "cancelled",
  isDeclined: state === "cancelled" && origin !== "person",
  createdAt: new Date(NOW - minutesAgo * 60_000),
  endedAt: new Date(NOW - minutesAgo * 60_000),
});
const state = (attempts: Attempt[], over: Partial<Parameters<typeof ladderState>[0]> = {}) =>
  ladderState({ repairs, attempts, hold: null, mode: "auto", area: "runtime", now: NOW, ...over });

test("it climbs by risk, and within a risk as the check names them", () => {
  expect(climb(repairs).map(({ id }) => id)).toEqual(["nudge", "trim", "restart", "kill"]);
});

describe("what comes next", () => {
  test.each<[name: string, attempts: Attempt[], expected: object]>([
    ["nothing was tried", [], { state: "next", repairId: "nudge" }],
    ["it rests after an attempt", [run("nudge", 9)], { state: "wait", repairId: "nudge", at: new Date(NOW + 60_000) }],
    ["then the same once more", [run("nudge", 10)], { state: "next", repairId: "nudge" }],
    ["the second rest is twice as long", [run("nudge", 19), run("nudge", 60)], { state: "wait", repairId: "trim" }],
    ["then the next one", [run("nudge", 20), run("nudge", 60)], { state: "next", repairId: "trim" }],
    ["three are enough", [run("trim", 100), run("nudge", 200), run("nudge", 300)], { state: "person", repairId: null }],
    [
      "until a day has passed",
      [run("trim", 100), run("nudge", 200), run("nudge", 1_441)],
      { state: "next", repairId: "nudge" },
    ],
    [
      "what a person tried counts as well",
      [run("nudge", 60, "failed", "person"), run("nudge", 90, "succeeded", "person")],
      { repairId: "trim" },
    ],
    [
      "a person's own run that was cancelled touched nothing",
      [run("nudge", 1, "cancelled", "person")],
      { state: "next", repairId: "nudge" },
    ],
    ["one that a person stopped is not begun again today", [run("nudge", 600, "cancelled")], { state: "wait" }],
    [
      "one that was stopped after a step is an attempt",
      [{ ...run("nudge", 5, "cancelled", "person"), hasTouched: true }],
      { state: "wait", at: new Date(NOW + 5 * 60_000) },
    ],
    [
      "one that never reached the node rests, and uses up nothing",
      Array.from({ length: 5 }, (_, i) => ({ ...run("nudge", 9 + i), hasTouched: false })),
      { state: "wait", repairId: "nudge", at: new Date(NOW + 60_000) },
    ],
    [
      "one that people let lie is not prepared again today",
      [run("nudge", 600, "cancelled", "approve")],
      { state: "wait" },
    ],
    ["one that is under way", [{ ...run("nudge", 1, "running"), endedAt: null }], { state: "wait", at: null }],
  ])("%s", (_name, attempts, expected) => expect(state(attempts)).toMatchObject(expected));

  test("an incident holds it", () => {
    const hold: Hold = {
      incidentId: "i",
      title: { en: "Registry x", zh: "x" },
      nodeCount: 43,
      text: { en: "Held", zh: "暂缓" },
    };
    expect(state([], { hold })).toMatchObject({ state: "held", repairId: null, text: hold.text });
  });
  test("without a repair it is a person's from the start", () => {
    expect(state([], { repairs: [] })).toMatchObject({ state: "person" });
  });
  test("what was tried is told, and hardware is suspected after two reboots in vain", () => {
    const two = [run("node-reboot", 100), run("node-reboot", 200), run("nudge", 300)];
    expect(state(two).text.en).toContain("hardware");
    expect(state(two).text.zh).toContain("硬件");
    expect(state([run("nudge", 100), run("nudge", 200), run("trim", 300)]).text.en).toMatch(
      /tried 3 times.*nudge, trim/,
    );
    expect(state([run("nudge", 100), run("nudge", 200), run("trim", 300)]).text.en).not.toContain("hardware");
    expect(state([run("nudge", 100), run("nudge", 200), run("trim", 300)], { area: "hardware" }).text.en).toContain(
      "hardware",
    );
  });
});

const attempts = fc.array(
  fc.record({
    repairId: fc.constantFrom("nudge", "trim", "restart", "kill"),
    state: fc.constantFrom<RepairState>("failed", "succeeded", "cancelled"),
    origin: fc.constantFrom("auto", "approve", "person"),
    minutesAgo: fc.integer({ min: 0, max: 3_000 }),
  }),
  { maxLength: 8 },
);

test("whatever was tried: the budget holds, and nothing starts within its rest", () => {
  fc.assert(
    fc.property(attempts, (list) => {
      const tried = list.map((one) => run(one.repairId, one.minutesAgo, one.state, one.origin));
      const lately = tried.filter((one) => one.state !== "cancelled" && NOW - one.createdAt.getTime() < WINDOW_MS);
      const next = state(tried);
      for (const { id } of stepsLeft(repairs, tried, NOW))
        expect(lately.filter(({ repairId }) => repairId === id).length).toBeLessThan(ATTEMPTS_PER_REPAIR);
      if (next.state !== "next") return;
      expect(lately.length).toBeLessThan(ATTEMPTS_MAX);
      for (const one of lately) expect(NOW - (one.endedAt?.getTime() ?? NOW)).toBeGreaterThanOrEqual(COOLDOWN_MS);
    }),
    { numRuns: 2_000, seed: 3 },
  );
});

test.each([
  [1, 0, 1],
  [19, 0, 1],
  [40, 0, 2],
  [40, 2, 0],
  [40, 5, 0],
  [1_000, 10, 40],
])("of %d nodes with %d under way, %d more", (nodes, running, room) => expect(roomOf(nodes, running)).toBe(room));

test.each([
  ["auto", "safe", false],
  ["auto", "disruptive", true],
  ["auto", "destructive", true],
  ["approve", "safe", true],
] as const)("%s and %s waits for a person: %s", (mode, risk, waits) =>
  expect(mustWaitFor(mode, risk, true)).toBe(waits),
);

test("a repair that has no record of its own waits also under auto", () =>
  expect(mustWaitFor("auto", "safe", false)).toBe(true));

test.each([
  [1, 1, 1, false],
  [10, 3, 4, false],
  [10, 4, 4, true],
  [10, 3, 5, true],
  [1_000, 300, 0, false],
  [1_000, 301, 0, true],
])("of %d nodes %d in the same trouble and %d in a critical one stop everything: %s", (nodes, sick, critical, isHeld) =>
  expect(isTooSick(nodes, sick, critical)).toBe(isHeld),
);
