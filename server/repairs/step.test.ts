// The repair machine: its transition table, what must hold for any order of events, and mutants of it that these properties must catch.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isOver } from "./schema.ts";
import { type CommandEnd, canCancel, type Effect, type Event, type Rules, type Run, step as realStep } from "./step.ts";

const rules: Rules = { stepCount: 2, settleMs: 2_000, verifyWithinMs: 60_000, isVerified: true, approveBy: 100 };
const wrong = { en: "still wrong", zh: "仍有问题" };
const run = (over: Partial<Run>): Run => ({
  state: "queued",
  step: 0,
  isCancelRequested: false,
  startedAt: null,
  verifyingAt: null,
  endedAt: null,
  outcome: null,
  ...over,
});
const evidence = (end: CommandEnd, refusal: Run["outcome"] = null): Event => ({ type: "evidence-ended", end, refusal });
const ended = (step: number, end: CommandEnd): Event => ({
  type: "step-ended",
  step,
  end,
  message: "why",
});
const tick: Event = { type: "tick" };
const cancel: Event = { type: "cancel" };
const good: Event = { type: "looked", wrong: null };
const approved: Event = { type: "approved" };
const rejected: Event = { type: "rejected", why: wrong };
const held: Event = { type: "held", why: wrong };
const bad: Event = { type: "looked", wrong };

type Row = [
  name: string,
  before: Partial<Run>,
  event: Event,
  now: number,
  after: Partial<Run>,
  effects: Effect[],
  rules?: Partial<Rules>,
];
const table: Row[] = [
  ["awaiting waits", { state: "awaiting" }, tick, 99, { state: "awaiting", startedAt: null, outcome: null }, []],
  [
    "approved becomes queued and dispatches nothing itself",
    { state: "awaiting", outcome: wrong },
    approved,
    99,
    { state: "queued", outcome: null },
    [],
  ],
  [
    "approved, but kept from starting: it waits and says why",
    { state: "awaiting" },
    held,
    5,
    { state: "awaiting", outcome: wrong },
    [],
  ],
  ["rejected is cancelled", { state: "awaiting" }, rejected, 5, { state: "cancelled", endedAt: 5, outcome: wrong }, []],
  ["its time is over", { state: "awaiting" }, tick, 100, { state: "cancelled", endedAt: 100 }, []],
  ["an approval that comes too late is none", { state: "awaiting" }, approved, 100, { state: "cancelled" }, []],
  [
    "without an end it does not wait at all",
    { state: "awaiting" },
    tick,
    1,
    { state: "cancelled" },
    [],
    { approveBy: null },
  ],
  ["awaiting can be cancelled", { state: "awaiting" }, cancel, 5, { state: "cancelled" }, []],
  ["awaiting knows no results", { state: "awaiting" }, ended(0, "done"), 5, { state: "awaiting" }, []],
  ["a rejection of what runs changes nothing", { state: "running" }, rejected, 5, { state: "running" }, []],
  ["a second approval changes nothing", { state: "capturing" }, approved, 5, { state: "capturing" }, []],
  [
    "cancelled is not approved",
    { state: "cancelled", endedAt: 1 },
    approved,
    5,
    { state: "cancelled", endedAt: 1 },
    [],
  ],
  [
    "evidence that nobody signed ends it",
    { state: "capturing" },
    evidence("unsigned"),
    5,
    { state: "failed", endedAt: 5 },
    [],
  ],
  ["a step that nobody signed ends it", { state: "running" }, ended(0, "unsigned"), 5, { state: "failed" }, []],
  [
    "queued starts by capturing evidence",
    {},
    tick,
    5,
    { state: "capturing", startedAt: 5 },
    [{ type: "dispatch-evidence" }],
  ],
  ["queued can be cancelled", {}, cancel, 5, { state: "cancelled", endedAt: 5 }, []],
  ["queued knows no results", {}, ended(0, "done"), 5, { state: "queued" }, []],
  ["capturing waits", { state: "capturing" }, tick, 5, { state: "capturing" }, []],
  ["capturing can be cancelled", { state: "capturing" }, cancel, 5, { state: "cancelled" }, []],
  [
    "evidence, then step 0",
    { state: "capturing" },
    evidence("done"),
    5,
    { state: "running", step: 0 },
    [{ type: "dispatch-step", step: 0 }],
  ],
  [
    "failed evidence stops nothing",
    { state: "capturing" },
    evidence("failed"),
    5,
    { state: "running" },
    [{ type: "dispatch-step", step: 0 }],
  ],
  [
    "unknown evidence stops nothing",
    { state: "capturing" },
    evidence("unknown"),
    5,
    { state: "running" },
    [{ type: "dispatch-step", step: 0 }],
  ],
  [
    "evidence that was not delivered ends it",
    { state: "capturing" },
    evidence("expired"),
    5,
    { state: "failed", endedAt: 5 },
    [],
  ],
  [
    "a guard that holds no longer ends it",
    { state: "capturing" },
    evidence("done", wrong),
    5,
    { state: "failed", outcome: wrong },
    [],
  ],
  [
    "a plan without steps is verified",
    { state: "capturing" },
    evidence("done"),
    5,
    { state: "verifying" },
    [],
    { stepCount: 0 },
  ],
  [
    "step 0 done, then step 1",
    { state: "running" },
    ended(0, "done"),
    5,
    { state: "running", step: 1 },
    [{ type: "dispatch-step", step: 1 }],
  ],
  [
    "a repeated result of step 0 changes nothing",
    { state: "running", step: 1 },
    ended(0, "done"),
    5,
    { state: "running", step: 1 },
    [],
  ],
  [
    "a result of a later step changes nothing",
    { state: "running", step: 0 },
    ended(1, "done"),
    5,
    { state: "running", step: 0 },
    [],
  ],
  [
    "the last step done, then verification",
    { state: "running", step: 1 },
    ended(1, "done"),
    5,
    { state: "verifying", verifyingAt: 5 },
    [],
  ],
  ["refused ends it", { state: "running" }, ended(0, "refused"), 5, { state: "failed" }, []],
  ["failed ends it", { state: "running" }, ended(0, "failed"), 5, { state: "failed" }, []],
  ["not delivered ends it", { state: "running" }, ended(0, "expired"), 5, { state: "failed" }, []],
  [
    "unknown is verified, never run again",
    { state: "running" },
    ended(0, "unknown"),
    5,
    { state: "verifying", verifyingAt: 5 },
    [],
  ],
  [
    "cancel while a step runs is kept",
    { state: "running" },
    cancel,
    5,
    { state: "running", isCancelRequested: true },
    [],
  ],
  [
    "and takes effect between steps",
    { state: "running", isCancelRequested: true },
    ended(0, "done"),
    5,
    { state: "cancelled" },
    [],
  ],
  [
    "after the last step it is too late",
    { state: "running", step: 1, isCancelRequested: true },
    ended(1, "done"),
    5,
    { state: "verifying" },
    [],
  ],
  ["verification lets things settle", { state: "verifying", verifyingAt: 0 }, tick, 1_999, { state: "verifying" }, []],
  [
    "a look before that counts for nothing",
    { state: "verifying", verifyingAt: 0 },
    good,
    1_999,
    { state: "verifying" },
    [],
  ],
  ["then it looks", { state: "verifying", verifyingAt: 0 }, tick, 2_000, { state: "verifying" }, [{ type: "look" }]],
  [
    "green is success",
    { state: "verifying", verifyingAt: 0 },
    good,
    2_000,
    { state: "succeeded", endedAt: 2_000 },
    [{ type: "close-finding" }],
  ],
  ["not green: it waits", { state: "verifying", verifyingAt: 0 }, bad, 59_999, { state: "verifying" }, []],
  [
    "not green for too long: failed",
    { state: "verifying", verifyingAt: 0 },
    bad,
    60_000,
    { state: "failed", endedAt: 60_000 },
    [],
  ],
  ["verification cannot be cancelled", { state: "verifying", verifyingAt: 0 }, cancel, 5, { state: "verifying" }, []],
  [
    "an undo ends with its last step",
    { state: "running", step: 1 },
    ended(1, "done"),
    5,
    { state: "succeeded" },
    [],
    { isVerified: false },
  ],
  [
    "an undo whose last step is unknown failed",
    { state: "running", step: 1 },
    ended(1, "unknown"),
    5,
    { state: "failed" },
    [],
    { isVerified: false },
  ],
  [
    "succeeded is final",
    { state: "succeeded", endedAt: 1 },
    ended(0, "failed"),
    5,
    { state: "succeeded", endedAt: 1 },
    [],
  ],
  ["failed is final", { state: "failed", endedAt: 1 }, good, 5, { state: "failed", endedAt: 1 }, []],
  ["cancelled is final", { state: "cancelled", endedAt: 1 }, tick, 5, { state: "cancelled", endedAt: 1 }, []],
];

test.each(table)("%s", (_name, before, event, now, after, effects, over) => {
  const stepped = realStep(run(before), event, now, { ...rules, ...over });
  expect(stepped.run).toMatchObject(after);
  expect(stepped.effects).toEqual(effects);
});

test("cancel is offered only where it has an effect", () => {
  const offered = (over: Partial<Run>) => canCancel(run(over), 2);
  expect([offered({}), offered({ state: "capturing" }), offered({ state: "running", step: 0 })]).toEqual([
    true,
    true,
    true,
  ]);
  expect([
    offered({ state: "running", step: 1 }),
    offered({ state: "verifying" }),
    offered({ isCancelRequested: true }),
  ]).toEqual([false, false, false]);
});

type Step = typeof realStep;
type Told = { before: Run; event: Event; now: number; after: Run; effects: Effect[] };

const anyOf = (...ends: CommandEnd[]) =>
  fc.oneof(
    { weight: 6, arbitrary: fc.constant<CommandEnd>("done") },
    { weight: 1, arbitrary: fc.constantFrom<CommandEnd>("done", ...ends) },
  );
const anyEnd = anyOf("refused", "failed", "unknown", "expired");
const eventWith = (end: fc.Arbitrary<CommandEnd>): fc.Arbitrary<Event> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constant(tick) },
    { weight: 1, arbitrary: fc.constant(cancel) },
    { weight: 3, arbitrary: end.map((e) => evidence(e)) },
    { weight: 6, arbitrary: fc.tuple(fc.integer({ min: 0, max: 3 }), end).map(([i, e]) => ended(i, e)) },
    { weight: 3, arbitrary: fc.constantFrom(good, bad) },
  );
const event = eventWith(anyEnd);
// A run that waits, and hears of its approval, of other things, and again of its approval.
const approval: fc.Arbitrary<Event> = fc.constantFrom(tick, approved, held, rejected, cancel, evidence("done"));
const anything = fc.oneof(
  { weight: 1, arbitrary: approval },
  { weight: 8, arbitrary: eventWith(anyOf("refused", "failed", "unknown", "expired", "unsigned")) },
);
const later = fc.integer({ min: 0, max: 5_000 });
const body = { stepCount: fc.integer({ min: 1, max: 4 }), isVerified: fc.boolean() };
const story = fc.record({
  events: fc.array(fc.tuple(event, later), { minLength: 1, maxLength: 60 }),
  ...body,
  isAwaiting: fc.constant(false),
});
const waitingStory = fc.record({
  events: fc
    .tuple(
      fc.array(fc.tuple(approval, later), { maxLength: 4 }),
      fc.array(fc.tuple(anything, later), { minLength: 1, maxLength: 40 }),
    )
    .map((parts) => parts.flat()),
  ...body,
  isAwaiting: fc.constant(true),
});
type Story = Omit<typeof story extends fc.Arbitrary<infer S> ? S : never, "isAwaiting"> & { isAwaiting: boolean };

function tell(step: Step, { events, stepCount, isVerified, isAwaiting }: Story): { told: Told[]; rules: Rules } {
  const own = { ...rules, stepCount, isVerified, approveBy: isAwaiting ? 6_000 : null };
  let now = 1_000;
  let before = run({ state: isAwaiting ? "awaiting" : "queued" });
  const told = events.map(([event, later]) => {
    now += later;
    const { run: after, effects } = step(before, event, now, own);
    const line: Told = { before, event, now, after, effects };
    before = after;
    return line;
  });
  return { told, rules: own };
}

/** What must hold for every story, whichever way events are lost, repeated or mixed up. */
const properties: Record<string, (told: Told[], rules: Rules, step: Step) => void> = {
  "a terminal state absorbs everything": (told) => {
    for (const { before, after, effects } of told.filter(({ before }) => isOver(before.state))) {
      expect(after).toEqual(before);
      expect(effects).toEqual([]);
    }
  },
  "what waits is begun by an approval in time, and by nothing else": (told, own) => {
    for (const { before, event, now, after, effects } of told.filter(({ before }) => before.state === "awaiting")) {
      expect(effects).toEqual([]);
      if (after.state === "awaiting" || isOver(after.state)) continue;
      expect(after.state).toBe("queued");
      expect(event).toEqual(approved);
      expect(now).toBeLessThan(own.approveBy ?? 0);
      expect(before.isCancelRequested).toBe(false);
    }
  },
  "every command is dispatched at most once, in order, each after the one before it was done": (told) => {
    let next = -1;
    for (const { event, effects } of told) {
      for (const effect of effects) {
        if (effect.type === "dispatch-evidence") {
          expect(next).toBe(-1);
          next = 0;
        }
        if (effect.type !== "dispatch-step") continue;
        expect(effect.step).toBe(next);
        expect(event).toMatchObject(
          next === 0 ? { type: "evidence-ended" } : { type: "step-ended", step: next - 1, end: "done" },
        );
        next += 1;
      }
    }
  },
  "an event that comes twice changes nothing the second time": (told, own, step) => {
    for (const { event, now, after } of told) {
      if (event.type === "tick") continue;
      const again = step(after, event, now, own);
      if (event.type === "step-ended" && after.state === "running" && event.step === after.step) continue; // that one is the next step's first result
      if (event.type === "evidence-ended" && after.state === "capturing") continue;
      expect(again.run).toEqual(after);
      expect(again.effects).toEqual([]);
    }
  },
  "success is a green look after the settle time, or an undo carried out to its end": (told, own) => {
    for (const { before, event, now, after } of told) {
      if (after.state !== "succeeded" || isOver(before.state)) continue;
      if (own.isVerified) {
        expect(event).toEqual(good);
        expect(now - (before.verifyingAt ?? Number.POSITIVE_INFINITY)).toBeGreaterThanOrEqual(own.settleMs);
      } else expect(event).toMatchObject({ type: "step-ended", step: own.stepCount - 1, end: "done" });
    }
  },
  "no step is running when it is cancelled": (told) => {
    const open = new Set<number>();
    for (const { before, event, after, effects } of told) {
      if (event.type === "step-ended" && before.state === "running" && event.step === before.step)
        open.delete(event.step);
      for (const effect of effects) if (effect.type === "dispatch-step") open.add(effect.step);
      if (after.state === "cancelled" && before.state !== "cancelled") expect([...open]).toEqual([]);
    }
  },
  "a red look or a refusal never ends in success": (told) => {
    for (const { event, before, after } of told) {
      const isBad =
        (event.type === "looked" && event.wrong !== null) || (event.type === "step-ended" && event.end !== "done");
      if (isBad && !isOver(before.state)) expect(after.state).not.toBe("succeeded");
    }
  },
  "whatever happened, enough time and answers bring it to an end": (told, own, step) => {
    let last = told.at(-1)?.after ?? run({});
    let now = (told.at(-1)?.now ?? 0) + 1;
    for (let i = 0; i < 3 * own.stepCount + 10 && !isOver(last.state); i += 1) {
      now += own.verifyWithinMs;
      for (const event of [tick, evidence("expired"), ended(last.step, "done"), bad])
        last = step(last, event, now, own).run;
    }
    expect(isOver(last.state)).toBe(true);
    expect(last.endedAt).not.toBeNull();
  },
};

const check = (step: Step, name: string, numRuns = 1_000) => {
  const holds = (s: Story) => {
    const { told, rules: own } = tell(step, s);
    properties[name]?.(told, own, step);
  };
  fc.assert(fc.property(story, holds), { numRuns, seed: 20_261_122 });
  fc.assert(fc.property(waitingStory, holds), { numRuns, seed: 20_261_122 });
};

describe("for any order of events", () => {
  test.each(Object.keys(properties))("%s", (name) => check(realStep, name));
});

/** Each breaks one rule of the machine; the properties must notice. */
const mutants: Record<string, Step> = {
  "what waits begins by itself": (r, e, now, own) =>
    realStep(r.state === "awaiting" && e.type === "tick" ? { ...r, state: "queued" } : r, e, now, own),
  "an approval counts for ever": (r, e, now, own) =>
    realStep(r, e, now, e.type === "approved" ? { ...own, approveBy: Number.POSITIVE_INFINITY } : own),
  "a terminal state can be left": (r, e, now, own) =>
    realStep(r.state === "failed" ? { ...r, state: "running" } : r, e, now, own),
  "an unknown outcome is retried": (r, e, now, own) =>
    r.state === "running" && e.type === "step-ended" && e.step === r.step && e.end === "unknown"
      ? { run: r, effects: [{ type: "dispatch-step", step: r.step }] }
      : realStep(r, e, now, own),
  "a late result counts for the step that runs now": (r, e, now, own) =>
    realStep(r, e.type === "step-ended" ? { ...e, step: r.step } : e, now, own),
  "evidence that comes twice starts the first step twice": (r, e, now, own) =>
    r.state === "running" && r.step === 0 && e.type === "evidence-ended"
      ? { run: r, effects: [{ type: "dispatch-step", step: 0 }] }
      : realStep(r, e, now, own),
  "cancel ends a step that runs": (r, e, now, own) =>
    r.state === "running" && e.type === "cancel"
      ? { run: { ...r, state: "cancelled", endedAt: now }, effects: [] }
      : realStep(r, e, now, own),
  "no time to settle": (r, e, now, own) => realStep(r, e, now, { ...own, settleMs: 0 }),
  "the last step done is success enough": (r, e, now, own) => realStep(r, e, now, { ...own, isVerified: false }),
  "verification never gives up": (r, e, now, own) =>
    realStep(r, e, now, { ...own, verifyWithinMs: Number.POSITIVE_INFINITY }),
  "a red look is green in the end": (r, e, now, own) =>
    r.state === "verifying" && e.type === "looked" && now - (r.verifyingAt ?? now) > 3_000
      ? realStep(r, good, now, own)
      : realStep(r, e, now, own),
  "a tick dispatches the running step again": (r, e, now, own) =>
    r.state === "running" && e.type === "tick"
      ? { run: r, effects: [{ type: "dispatch-step", step: r.step }] }
      : realStep(r, e, now, own),
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
