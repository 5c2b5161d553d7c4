// The life of a finding as a table, and what must hold for any sequence of sightings.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type FindingLife,
  FLAP_CLEAR_FACTOR,
  FLAP_WINDOW_MS,
  lifeChangesAt,
  nextLife,
  type Predecessor,
  type Sighting,
  type Timing,
} from "./life.ts";

const timing: Timing = { raiseAfterMs: 10_000, clearAfterMs: 5_000, expireAfterMs: 1_000_000 };
const problem: Sighting = { type: "problem", cause: "none" };
const symptom: Sighting = { type: "problem", cause: "standing" };
const overshadowed: Sighting = { type: "problem", cause: "raised" };
const clear: Sighting = { type: "clear", isRepaired: false };
const repaired: Sighting = { type: "clear", isRepaired: true };
const unknown: Sighting = { type: "unknown", since: 0 };
const removed: Sighting = { type: "check-removed" };

const life = (over: Partial<FindingLife>): FindingLife => ({
  state: "open",
  firstSeenAt: 0,
  openedAt: 0,
  lastSeenAt: 0,
  recoveringAt: null,
  closedAt: null,
  closeReason: null,
  flapCount: 0,
  ...over,
});
const pending = life({ state: "pending", openedAt: null, recoveringAt: 0 });
const suppressed = life({ state: "pending", openedAt: null });
const recovering = life({ state: "recovering", recoveringAt: 100_000 });
/** Open since 5, hidden; its cause went at 50 000. */
const hidden = life({ state: "pending", openedAt: 5, recoveringAt: 50_000 });

type Row = [
  name: string,
  before: FindingLife | null,
  sighting: Sighting,
  now: number,
  after: Partial<FindingLife> | null,
  predecessor?: Predecessor,
];
const table: Row[] = [
  ["nothing stays nothing when clear", null, clear, 1, null],
  ["nothing stays nothing when unknown", null, unknown, 1, null],
  ["a new problem waits", null, problem, 7, { state: "pending", firstSeenAt: 7, openedAt: null }],
  ["it waits on", pending, problem, 9_999, { state: "pending", firstSeenAt: 0 }],
  ["it opens after raiseAfterMs", pending, problem, 10_000, { state: "open", firstSeenAt: 0, openedAt: 10_000 }],
  ["a debounce that clears leaves nothing", pending, clear, 9_999, null],
  ["unknown does not open", pending, unknown, 99_999, pending],
  [
    "a symptom does not open while its cause stands",
    pending,
    symptom,
    99_999,
    { state: "pending", firstSeenAt: 99_999 },
  ],
  ["an open symptom stays open", life({}), symptom, 5, { state: "open", lastSeenAt: 5 }],
  ["an open one is seen again", life({}), problem, 5, { state: "open", lastSeenAt: 5, firstSeenAt: 0 }],
  ["unknown does not close", life({}), unknown, 999_999, life({})],
  [
    "what nobody could judge for too long is given up, not cleared",
    life({}),
    unknown,
    1_000_000,
    { state: "closed", closeReason: "expired" },
  ],
  ["so is what was recovering", recovering, unknown, 1_000_000, { state: "closed", closeReason: "expired" }],
  ["so is what was hidden", hidden, unknown, 1_000_000, { state: "closed", closeReason: "expired" }],
  ["a debounce is dropped then", pending, unknown, 1_000_000, null],
  [
    "an open one is hidden when its cause comes to light",
    life({}),
    overshadowed,
    60_000,
    { state: "pending", openedAt: 0, recoveringAt: null, firstSeenAt: 0 },
  ],
  ["a recovering one that is back under its cause is hidden", recovering, overshadowed, 101_000, { state: "pending" }],
  [
    "hidden stays hidden while anything of its cause stands",
    hidden,
    symptom,
    70_000,
    { state: "pending", recoveringAt: null },
  ],
  [
    "however long it was not looked at, its time begins with the look that misses the cause",
    { ...hidden, recoveringAt: null },
    problem,
    900_000,
    { state: "pending", recoveringAt: 900_000, openedAt: 5 },
  ],
  [
    "so does a debounce's",
    suppressed,
    problem,
    900_000,
    { state: "pending", recoveringAt: 900_000, firstSeenAt: 900_000 },
  ],
  ["it must then stand by itself", hidden, problem, 59_999, { state: "pending", recoveringAt: 50_000 }],
  [
    "and comes back as what it was",
    hidden,
    problem,
    60_000,
    { state: "open", openedAt: 5, firstSeenAt: 0, recoveringAt: null },
  ],
  [
    "what flapped comes back flapping",
    { ...hidden, flapCount: 1 },
    problem,
    60_000,
    { state: "flapping", flapCount: 1 },
  ],
  ["what went with its cause is closed at once", hidden, clear, 50_001, { state: "closed", closeReason: "cleared" }],
  ["unknown leaves it hidden", hidden, unknown, 60_000, hidden],
  ["a removed check closes what is hidden", hidden, removed, 5, { state: "closed", closeReason: "check-removed" }],
  ["clear starts recovery", life({}), clear, 50, { state: "recovering", recoveringAt: 50, lastSeenAt: 0 }],
  ["recovery takes clearAfterMs", recovering, clear, 104_999, { state: "recovering", recoveringAt: 100_000 }],
  ["then it closes", recovering, clear, 105_000, { state: "closed", closedAt: 105_000, closeReason: "cleared" }],
  ["by a repair it closes as repaired", recovering, repaired, 105_000, { state: "closed", closeReason: "repaired" }],
  [
    "unknown in recovery starts its time anew",
    recovering,
    unknown,
    109_000,
    { state: "recovering", recoveringAt: 109_000 },
  ],
  [
    "a problem in recovery is flapping",
    recovering,
    problem,
    101_000,
    { state: "flapping", flapCount: 1, recoveringAt: null, firstSeenAt: 0 },
  ],
  [
    "flapping stays flapping",
    life({ state: "flapping", flapCount: 1 }),
    problem,
    9,
    { state: "flapping", flapCount: 1 },
  ],
  ["what flapped must stay clear longer", { ...recovering, flapCount: 1 }, clear, 105_000, { state: "recovering" }],
  ["and then closes", { ...recovering, flapCount: 1 }, clear, 100_000 + FLAP_CLEAR_FACTOR * 5_000, { state: "closed" }],
  [
    "back soon after its close: the same problem, flapping",
    life({ state: "pending", openedAt: null, firstSeenAt: 50_000, recoveringAt: 50_000 }),
    problem,
    60_000,
    { state: "flapping", flapCount: 3, firstSeenAt: 7 },
    { closedAt: 40_000, firstSeenAt: 7, flapCount: 2 },
  ],
  [
    "back long after its close: a new one",
    life({
      state: "pending",
      openedAt: null,
      firstSeenAt: 50_000 + FLAP_WINDOW_MS,
      recoveringAt: 50_000 + FLAP_WINDOW_MS,
    }),
    problem,
    70_000 + FLAP_WINDOW_MS,
    { state: "open", flapCount: 0, firstSeenAt: 50_000 + FLAP_WINDOW_MS },
    { closedAt: 40_000, firstSeenAt: 7, flapCount: 2 },
  ],
  ["a removed check closes", life({}), removed, 5, { state: "closed", closeReason: "check-removed" }],
  ["a removed check drops a debounce", pending, removed, 5, null],
  ["closed is final", life({ state: "closed", closedAt: 3 }), problem, 99, life({ state: "closed", closedAt: 3 })],
];

test.each(table)("%s", (_name, before, sighting, now, after, predecessor) => {
  const got = nextLife(before, sighting, now, timing, predecessor ?? null);
  if (after === null) expect(got).toBeNull();
  else expect(got).toMatchObject(after);
});

const atOnce = { raiseAfterMs: 0, clearAfterMs: 0, expireAfterMs: 1 };
test("without debounce a problem opens at once", () => {
  expect(nextLife(null, problem, 3, atOnce)).toMatchObject({
    state: "open",
    openedAt: 3,
  });
  expect(nextLife(life({}), clear, 3, atOnce)).toMatchObject({
    state: "closed",
    closedAt: 3,
  });
});

type Step = { before: FindingLife | null; sighting: Sighting; now: number; after: FindingLife | null };
type Next = typeof nextLife;

const sightings = fc.oneof(
  fc.record({
    type: fc.constant("problem" as const),
    cause: fc.constantFrom("none" as const, "standing" as const, "raised" as const),
  }),
  fc.record({ type: fc.constant("clear" as const), isRepaired: fc.boolean() }),
  fc.record({ type: fc.constant("unknown" as const), since: fc.constant(0) }),
);
const story = fc.array(fc.tuple(sightings, fc.integer({ min: 0, max: 20_000 })), { maxLength: 40 });
const timings = fc.record({
  raiseAfterMs: fc.integer({ min: 0, max: 30_000 }),
  clearAfterMs: fc.integer({ min: 0, max: 30_000 }),
  expireAfterMs: fc.integer({ min: 0, max: 60_000 }),
});

/** Plays a story; a closed life ends and the next problem starts another one. */
function play(next: Next, times: [Sighting, number][], rules: Timing): Step[] {
  let now = 1_000;
  let before: FindingLife | null = null;
  let unknownSince: number | null = null;
  return times.map(([seen, later]) => {
    now += later;
    unknownSince = seen.type === "unknown" ? (unknownSince ?? now) : null;
    const sighting: Sighting = unknownSince === null ? seen : { type: "unknown", since: unknownSince };
    const after: FindingLife | null = next(before, sighting, now, rules);
    const step = { before, sighting, now, after };
    before = after?.state === "closed" ? null : after;
    return step;
  });
}

const properties: Record<string, (steps: Step[], rules: Timing, next: Next) => void> = {
  "unknown neither opens nor clears, and is given up when its time is over": (steps, rules) => {
    for (const { before, sighting, now, after } of steps) {
      if (sighting.type !== "unknown") continue;
      const isOver = now - sighting.since >= rules.expireAfterMs;
      if (!before || !isOver) expect(after?.state).toBe(before?.state);
      else if (after) expect(after).toMatchObject({ state: "closed", closeReason: "expired" });
      else expect(before).toMatchObject({ state: "pending", openedAt: null });
    }
  },
  "what opens was seen for raiseAfterMs and is no symptom": (steps, rules) => {
    let since: number | null = null;
    for (const { before, sighting, now, after } of steps) {
      if (sighting.type === "problem") since = sighting.cause === "none" ? (since ?? now) : null;
      if (sighting.type === "clear" || after === null) since = null;
      const wasHidden = before === null || before.state === "pending";
      if (!after || !wasHidden || !["open", "flapping"].includes(after.state)) continue;
      expect(sighting).toEqual(problem);
      expect(now - (since ?? now)).toBeGreaterThanOrEqual(rules.raiseAfterMs);
    }
  },
  "what closes was clear, and clear for clearAfterMs since the last problem or unknown": (steps, rules) => {
    let clearSince: number | null = null;
    for (const { before, sighting, now, after } of steps) {
      if (sighting.type === "clear") clearSince ??= now;
      else clearSince = sighting.type === "unknown" ? now : null;
      if (after?.state !== "closed" || after.closeReason === "expired" || before?.state === "pending") continue;
      expect(sighting.type).toBe("clear");
      expect(now - (clearSince ?? now)).toBeGreaterThanOrEqual(rules.clearAfterMs);
    }
  },
  "a close says whether a repair did it": (steps) => {
    for (const { sighting, after } of steps) {
      if (after?.state !== "closed" || sighting.type !== "clear") continue;
      expect(after.closeReason).toBe(sighting.isRepaired ? "repaired" : "cleared");
    }
  },
  "first seen never changes while it lives, and the flap count never falls": (steps) => {
    for (const { before, after } of steps) {
      if (!before || !after || (before.state === "pending" && before.openedAt === null)) continue;
      expect(after.openedAt).toBe(before.openedAt);
      expect(after.firstSeenAt).toBe(before.firstSeenAt);
      expect(after.flapCount).toBeGreaterThanOrEqual(before.flapCount);
    }
  },
  "nothing that people see stands under a raised cause": (steps) => {
    for (const { sighting, after } of steps)
      if (sighting.type === "problem" && sighting.cause === "raised") expect(after?.state).toBe("pending");
  },
  "what was shown once never vanishes without a close": (steps) => {
    for (const { before, after } of steps) if (before?.openedAt != null) expect(after).not.toBeNull();
  },
  "until the instant that was foretold the same sighting changes nothing that people see": (steps, rules, next) => {
    for (const { sighting, now, after } of steps) {
      if (!after || after.state === "closed") continue;
      const at = lifeChangesAt(after, sighting, rules);
      const before = (at ?? now + 10_000_000) - 1;
      if (before > now) expect(next(after, sighting, before, rules)?.state).toBe(after.state);
      if (at !== null && at > now) expect(next(after, sighting, at, rules)?.state).not.toBe(after.state);
    }
  },
  "the same look twice at the same time changes nothing more": (steps, rules, next) => {
    for (const { sighting, now, after } of steps)
      if (after && after.state !== "recovering") expect(next(after, sighting, now, rules)).toEqual(after);
  },
};

const check = (next: Next, name: string) =>
  fc.assert(
    fc.property(story, timings, (times, rules) => properties[name]?.(play(next, times, rules), rules, next)),
    { numRuns: 1_000, seed: 20_261_122 },
  );

describe("for any sightings", () => {
  test.each(Object.keys(properties))("%s", (name) => check(nextLife, name));
});

/** Each breaks one rule; the properties must notice. */
const mutants: Record<string, Next> = {
  "nothing is ever given up": (l, s, now, t, p) =>
    nextLife(l, s, now, { ...t, expireAfterMs: Number.POSITIVE_INFINITY }, p),
  "what is given up counts as cleared": (l, s, now, t, p) => {
    const after = nextLife(l, s, now, t, p);
    return after?.closeReason === "expired" ? { ...after, closeReason: "cleared" } : after;
  },
  "an open one is never hidden": (l, s, now, t, p) =>
    nextLife(l, s.type === "problem" && s.cause === "raised" ? symptom : s, now, t, p),
  "what is hidden is forgotten": (l, s, now, t, p) => {
    const after = nextLife(l, s, now, t, p);
    return after?.state === "pending" && after.openedAt !== null ? { ...after, openedAt: null } : after;
  },
  "hidden ones come back at once": (l, s, now, t, p) =>
    nextLife(l && l.state === "pending" && l.openedAt !== null ? { ...l, recoveringAt: -1e9 } : l, s, now, t, p),
  "unknown counts as clear": (l, s, now, t, p) => nextLife(l, s.type === "unknown" ? clear : s, now, t, p),
  "unknown does not start the clear time anew": (l, s, now, t, p) =>
    s.type === "unknown" ? l : nextLife(l, s, now, t, p),
  "no debounce": (l, s, now, t, p) => nextLife(l, s, now, { ...t, raiseAfterMs: 0 }, p),
  "closes at once": (l, s, now, t, p) => nextLife(l, s, now, { ...t, clearAfterMs: 0 }, p),
  "symptoms open": (l, s, now, t, p) => nextLife(l, s.type === "problem" ? problem : s, now, t, p),
  "first seen is last seen": (l, s, now, t, p) => {
    const after = nextLife(l, s, now, t, p);
    return after && { ...after, firstSeenAt: after.lastSeenAt };
  },
  "a repair gets no credit": (l, s, now, t, p) => nextLife(l, s.type === "clear" ? clear : s, now, t, p),
  "each sighting counts as a flap": (l, s, now, t, p) => {
    const after = nextLife(l, s, now, t, p);
    return after && s.type === "problem" ? { ...after, flapCount: after.flapCount + 1 } : after;
  },
};

describe("planted mutants are caught", () => {
  test.each(Object.entries(mutants))("%s", (_name, mutant) => {
    const caught = Object.keys(properties).filter((name) => {
      try {
        check(mutant, name);
        return false;
      } catch {
        return true;
      }
    });
    expect(caught).not.toEqual([]);
  });
});
