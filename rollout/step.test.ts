// The engine, step by step: which event leads where from each phase, and the rules of each phase in the order of a rollout.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { withMoves } from "./counts.ts";
import { defaultPolicy, singlePolicy } from "./policy.ts";
import { create, dueAt, isFinal, step } from "./step.ts";
import type { Counts, Effect, Event, Phase, Policy, State } from "./types.ts";

const WHY = { en: "because", zh: "因为" };
const MINUTE = 60_000;
const base = defaultPolicy({ risk: "safe", count: 12, lane: "normal", isReversible: true });
const policy: Policy = { ...base, soakMs: MINUTE, rehearse: false, maxErrors: 3, onFail: "halt" };
const waves = [1, 3, 20].map((size) => ({ domain: "a", size, skipped: 0 }));
const planned: Event = { at: 0, type: "planned", plan: { targetHash: "h", waves }, isReversible: true };
const approved: Event = { at: 0, type: "approved", targetHash: "h", by: ["alice"] };
const live = { targetHash: "h", count: 24, missing: 0 };
const start: Event = { at: 0, type: "start", live, by: "bob" };
const person = { by: "bob", why: WHY };

const move = (wave: number, from: keyof Counts, to: keyof Counts, n = 1, at = 0): Event => ({
  at,
  type: "moved",
  moves: [{ wave, from, to, n }],
});
const judged = (at: number, verdict: "pass" | "fail" | "inconclusive" | "wait", wave = 0, dataAt = at): Event => ({
  at,
  type: "judged",
  wave,
  verdict,
  why: WHY,
  dataAt,
});
const tick = (at: number): Event => ({ at, type: "tick" });

/** A rollout that has taken these events in, and what came out of the last. */
function run(events: readonly Event[], by: Policy = policy): { state: State; effects: readonly Effect[] } {
  let effects: readonly Effect[] = [];
  let state = create();
  for (const event of events) ({ state, effects } = step(state, event, by));
  return { state, effects };
}
const started = [planned, approved, start];
const canaryDone = [...started, move(0, "pending", "applying"), move(0, "applying", "applied")];
/** Ticks of the soak up to `at`, every ten seconds. */
const ticks = (from: number, to: number): Event[] => {
  const all: Event[] = [];
  for (let at = from; at <= to; at += 10_000) all.push(tick(at), judged(at, "wait"));
  return all;
};
const soaked = [...canaryDone, ...ticks(10_000, MINUTE)];
const first = [...soaked, judged(MINUTE, "pass")];

const AT: Record<Phase, readonly Event[]> = {
  draft: [],
  planned: [planned],
  approved: [planned, approved],
  running: canaryDone,
  paused: [...canaryDone, { at: 0, type: "pause", ...person }],
  halted: [...canaryDone, judged(0, "fail")],
  "rolling-back": [...canaryDone, { at: 0, type: "roll-back", ...person }],
  "rolled-back": [...started, { at: 0, type: "roll-back", ...person }],
  succeeded: [],
  aborted: [planned, { at: 0, type: "abort", ...person }],
};

const EVENTS: Record<string, Event> = {
  tick: tick(1),
  planned,
  approved,
  start,
  moved: move(0, "applied", "reverting"),
  refused: { at: 1, type: "refused", wave: 0, sum: WHY },
  pass: judged(1, "pass"),
  fail: judged(1, "fail"),
  inconclusive: judged(1, "inconclusive"),
  wait: judged(1, "wait"),
  "hard-signal": { at: 1, type: "hard-signal", wave: 0, why: WHY },
  gate: { at: 1, type: "gate", after: 0, isOpen: true, ...person },
  pause: { at: 1, type: "pause", ...person },
  resume: { at: 1, type: "resume", ...person },
  retry: { at: 1, type: "retry", ...person },
  promote: { at: 1, type: "promote", persons: 1, ...person },
  abort: { at: 1, type: "abort", ...person },
  "roll-back": { at: 1, type: "roll-back", ...person },
  freeze: { at: 1, type: "freeze", why: WHY },
};

/** Where each event leads from each phase; what is not named stays where it is. */
const LEADS: Partial<Record<Phase, Record<string, Phase>>> = {
  draft: { planned: "planned", abort: "aborted" },
  planned: { approved: "approved", abort: "aborted" },
  approved: { planned: "planned", start: "running", abort: "aborted" },
  running: {
    fail: "halted",
    inconclusive: "paused",
    "hard-signal": "halted",
    pause: "paused",
    freeze: "paused",
    abort: "aborted",
    "roll-back": "rolling-back",
  },
  paused: { fail: "halted", "hard-signal": "halted", resume: "running", abort: "aborted", "roll-back": "rolling-back" },
  halted: { resume: "running", abort: "aborted", "roll-back": "rolling-back" },
  "rolling-back": { pause: "paused", freeze: "paused", abort: "aborted" },
};

describe("step", () => {
  const phases = (Object.keys(AT) as Phase[]).filter((phase) => phase !== "succeeded");
  it.each(phases.flatMap((phase) => Object.keys(EVENTS).map((name) => [phase, name] as const)))(
    "%s, %s",
    (phase, name) => {
      const { state } = run(AT[phase]);
      expect(state.phase).toBe(phase);
      const event = EVENTS[name];
      if (!event) throw new Error(name);
      const next = step(state, event, policy);
      expect(next.state.phase).toBe(LEADS[phase]?.[name] ?? phase);
      if (isFinal(phase)) expect(next.effects).toEqual([]);
    },
  );

  it("plans nothing of nothing", () => {
    const nothing: Event = { at: 0, type: "planned", plan: { targetHash: "h", waves: [] }, isReversible: true };
    expect(run([nothing]).state).toMatchObject({ phase: "draft", count: 0 });
  });

  it.each([
    ["other targets", { ...live, targetHash: "x" }],
    ["a selection that has grown", { ...live, count: 26 }],
    ["a selection that has shrunk", { ...live, count: 22 }],
    ["targets that are gone", { ...live, missing: 2 }],
  ])("does not start with %s", (_name, now) => {
    const { state, effects } = run([planned, approved, { ...start, live: now } as Event]);
    expect(state.phase).toBe("approved");
    expect(state.why).not.toBeNull();
    expect(effects).toEqual([]);
  });

  it("sends one canary, then waits for it", () => {
    expect(run(started).effects).toContainEqual({ type: "dispatch", wave: 0, max: 1, only: null });
    expect(run([...started, move(0, "pending", "applying"), tick(1)]).effects).toEqual([]);
  });

  it("asks the judge in its period, soaks, passes on a fresh pass, and goes on by three", () => {
    expect(run([...canaryDone, tick(10_000)]).effects).toEqual([{ type: "judge", wave: 0 }]);
    expect(run([...canaryDone, ...ticks(10_000, 50_000), judged(50_000, "pass")]).state.wave).toBe(0);
    const { state, effects } = run(first);
    expect(state).toMatchObject({ phase: "running", stage: "dispatch", wave: 1 });
    expect(effects.map(({ type }) => type)).toEqual(["release", "tell", "dispatch"]);
  });

  it("keeps failed nodes and nodes under way within the errors allowed", () => {
    const second = [
      ...first,
      ...[0, 1, 2].flatMap(() => [move(1, "pending", "applying"), move(1, "applying", "applied")]),
    ];
    const third = run([
      ...second,
      ...ticks(70_000, 2 * MINUTE).map((e) => (e.type === "judged" ? { ...e, wave: 1 } : e)),
      judged(2 * MINUTE, "pass", 1),
    ]);
    expect(third.effects).toContainEqual({ type: "dispatch", wave: 2, max: 2, only: null });
    const all = [move(2, "pending", "applying", 2), move(2, "applying", "failed")];
    const one = all.reduce((stepped, event) => step(stepped.state, event, policy), third);
    expect(one.effects).toEqual([]);
    expect(step(one.state, move(2, "applying", "failed"), policy).state.phase).toBe("halted");
  });

  it("halts after one failed canary and goes back by itself where it may, failed ones too", () => {
    const failing = [...started, move(0, "pending", "applying"), move(0, "applying", "failed")];
    const { state, effects } = run(failing, { ...policy, onFail: "roll-back" });
    expect(state.phase).toBe("rolling-back");
    expect(effects.map(({ type }) => type)).toEqual(["withdraw", "tell", "revert"]);
    const back = run([...failing, move(0, "failed", "reverting"), move(0, "reverting", "reverted")], {
      ...policy,
      onFail: "roll-back",
    });
    expect(back.state.phase).toBe("rolled-back");
    expect(run(failing).state.phase).toBe("halted");
  });

  it("halts when nodes of a wave that has passed go bad, and on a fail however old", () => {
    expect(step(run(first).state, { at: MINUTE, type: "hard-signal", wave: 0, why: WHY }, policy).state.phase).toBe(
      "halted",
    );
    expect(step(run(first).state, judged(MINUTE, "fail", 0, 0), policy).state.phase).toBe("halted");
    expect(step(run(first).state, { at: MINUTE, type: "hard-signal", wave: 2, why: WHY }, policy).state.phase).toBe(
      "running",
    );
  });

  it("pauses when facts are old, when they come from the future and when nobody judges; pass of another wave is nothing", () => {
    expect(run([...soaked, judged(MINUTE, "pass", 0, MINUTE - 30_001)]).state.phase).toBe("paused");
    expect(run([...soaked, judged(MINUTE, "pass", 0, 3 * MINUTE)]).state.phase).toBe("paused");
    expect(run([...soaked, judged(MINUTE, "pass", 1)]).state).toMatchObject({ phase: "running", wave: 0 });
    const silence = Array.from({ length: 8 }, (_, i) => tick((i + 1) * 10_000));
    expect(run([...canaryDone, ...silence]).state.phase).toBe("paused");
  });

  it("counts neither pauses nor times without itself as soak, and does not hold those against the judge", () => {
    const away = run([...canaryDone, tick(10_000), tick(60 * MINUTE), judged(60 * MINUTE, "pass")]);
    expect(away.state).toMatchObject({ phase: "running", stage: "soak", wave: 0 });
    expect(away.state.waves[0]?.soakedMs).toBe(10_000 + 2 * policy.judgeEveryMs);
    // The first word after an hour away is some other: the judge's time begins anew with it as well.
    const elsewhere: Event = { at: 60 * MINUTE, type: "hard-signal", wave: 5, why: WHY };
    expect(run([...canaryDone, tick(10_000), elsewhere, tick(60 * MINUTE + 5_000)]).state.phase).toBe("running");
    const rest: Event[] = [
      { at: 10_000, type: "pause", ...person },
      { at: 50 * MINUTE, type: "resume", ...person },
      tick(50 * MINUTE + 1),
    ];
    expect(run([...canaryDone, ...rest]).state.waves[0]?.soakedMs).toBe(10_001);
  });

  it("rehearses the way back on the first canary before the second wave", () => {
    const careful: Policy = { ...policy, rehearse: true };
    expect(run(canaryDone, careful).effects).toEqual([{ type: "revert", wave: 0, max: 1, only: "rehearsal" }]);
    const back = [...canaryDone, move(0, "applied", "reverting"), move(0, "reverting", "reverted")];
    expect(run(back, careful).effects).toEqual([{ type: "dispatch", wave: 0, max: 1, only: "rehearsal" }]);
    const again = [...back, move(0, "reverted", "applying"), move(0, "applying", "applied")];
    expect(run(again, careful).state).toMatchObject({ stage: "soak", rehearsal: "done" });
    const broken = [...canaryDone, move(0, "applied", "reverting"), move(0, "reverting", "revertFailed")];
    expect(run(broken, careful).state.phase).toBe("halted");
  });

  it("promotes for one person where the exposure is enough, for two always", () => {
    const promote = (persons: number): Event => ({ at: 20_000, type: "promote", persons, ...person });
    const early = [...canaryDone, ...ticks(10_000, 20_000)];
    expect(run([...early, promote(1)]).state).toMatchObject({ wave: 0, phase: "running" });
    expect(run([...early, promote(2)]).state.wave).toBe(1);
    const short = { ...policy, judge: { ...policy.judge, minExposureMs: 15_000 } };
    expect(run([...early, promote(1)], short).state.wave).toBe(1);
    expect(run([...early, { ...promote(2), wave: 1 } as Event]).state.wave).toBe(0);
  });

  it("asks gates one after another, and pauses when one stays shut", () => {
    const gated: Policy = {
      ...policy,
      gates: [
        { after: "each", kind: "manual" },
        { after: 0, kind: "webhook", url: "https://x.test" },
      ],
    };
    const gate = (isOpen: boolean, after = 0): Event => ({ at: MINUTE, type: "gate", after, isOpen, ...person });
    expect(run(first, gated).state.gate).toMatchObject({ after: 0, kind: "manual" });
    expect(run([...first, gate(true, 1)], gated).state.gate).toMatchObject({ kind: "manual" });
    expect(run([...first, gate(true)], gated).state.gate).toMatchObject({ kind: "webhook" });
    expect(run([...first, gate(true), gate(true)], gated).state).toMatchObject({ wave: 1, stage: "dispatch" });
    const asked = { ...gate(true), nth: 0 } as Event;
    expect(run([...first, asked, asked], gated).state).toMatchObject({ wave: 0, gatesOpen: 1 }); // answered twice
    const shut = run([...first, gate(false)], gated).state;
    expect(shut.phase).toBe("paused");
    expect(step(shut, { at: MINUTE, type: "resume", ...person }, gated).state.gate).toMatchObject({ kind: "manual" });
  });

  it("sends nothing outside of its windows, but goes back at any time", () => {
    const night: Policy = { ...policy, windows: [{ days: [0, 1, 2, 3, 4, 5, 6], from: 60, to: 120, timeZone: "UTC" }] };
    const { state, effects } = run(started, night);
    expect(effects.map(({ type }) => type)).toEqual(["tell"]);
    expect(dueAt(state, night)).toBe(60 * MINUTE);
    expect(step(state, tick(60 * MINUTE), night).effects).toContainEqual({
      type: "dispatch",
      wave: 0,
      max: 1,
      only: null,
    });
    const inside = [
      ...started,
      tick(60 * MINUTE),
      move(0, "pending", "applying", 1, 60 * MINUTE),
      move(0, "applying", "applied", 1, 3 * 60 * MINUTE),
    ];
    expect(run([...inside, { at: 3 * 60 * MINUTE, type: "roll-back", ...person }], night).effects).toContainEqual({
      type: "revert",
      wave: 0,
      max: 1,
      only: null,
    });
  });

  it("goes on from a halt only without what failed: counted errors are accepted, retried ones wait their turn", () => {
    const failing = [...started, move(0, "pending", "applying"), move(0, "applying", "failed")];
    const resume: Event = { at: 1, type: "resume", ...person };
    expect(run([...failing, resume]).state.phase).toBe("halted"); // no canary at all
    expect(run([...failing, { ...resume, why: { en: " ", zh: "" } } as Event]).state.phase).toBe("halted");
    expect(run([...failing, { at: 1, type: "retry", ...person }]).effects).toEqual([{ type: "retry", wave: 0 }]);
    const again = run([...failing, { at: 1, type: "retry", ...person }, move(0, "failed", "pending"), resume]);
    expect(again.effects).toContainEqual({ type: "dispatch", wave: 0, max: 1, only: null });
  });

  it("runs one node once: applied is the end, without soak and without judge", () => {
    const one: Event = {
      at: 0,
      type: "planned",
      plan: { targetHash: "h", waves: [{ domain: "", size: 1, skipped: 0 }] },
      isReversible: false,
    };
    const begin = [one, approved, { ...start, live: { ...live, count: 1 } } as Event, move(0, "pending", "applying")];
    expect(run([...begin, move(0, "applying", "applied")], singlePolicy()).state.phase).toBe("succeeded");
    expect(run([...begin, move(0, "applying", "failed")], singlePolicy()).state.phase).toBe("halted");
    expect(run([...begin, move(0, "applying", "skipped")], singlePolicy()).state.phase).toBe("succeeded");
  });

  it("waits after a refusal for the next tick, and says the sum", () => {
    const { state, effects } = run([...started, { at: 0, type: "refused", wave: 0, sum: WHY }]);
    expect(effects).toEqual([]);
    expect(state.why).toEqual(WHY);
    expect(step(state, tick(1), policy).effects).toContainEqual({ type: "dispatch", wave: 0, max: 1, only: null });
  });
});

/** A model of one wave that knows only numbers: what may be in flight, and when it must be over. */
class Model {
  pending: number;
  applying = 0;
  failed = 0;
  readonly bound: number;
  constructor(size: number, maxErrors: number) {
    this.pending = size;
    this.bound = Math.max(1, Math.min(maxErrors, Math.ceil(size / 10)));
  }
}

describe("a wave against its model", () => {
  it("sends exactly what the model allows, and halts exactly when it says", () => {
    const ends = fc.array(fc.boolean(), { minLength: 1, maxLength: 80 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 8 }), ends, (size, maxErrors, results) => {
        const by: Policy = { ...policy, maxErrors };
        const model = new Model(size, maxErrors);
        const whole: Event = {
          at: 0,
          type: "planned",
          plan: { targetHash: "h", waves: [{ domain: "", size, skipped: 0 }] },
          isReversible: true,
        };
        let { state, effects } = run([whole, approved, { ...start, live: { ...live, count: size } } as Event], by);
        for (const isGood of results) {
          const asked = effects.find((effect) => effect.type === "dispatch")?.max ?? 0;
          const allowed = Math.max(0, Math.min(model.pending, model.bound - model.failed - model.applying));
          if (state.phase === "running" && state.stage === "dispatch") expect(asked).toBe(allowed);
          if (asked > 0) {
            ({ state } = step(state, move(0, "pending", "applying", asked), by));
            model.pending -= asked;
            model.applying += asked;
          }
          if (model.applying === 0) break;
          ({ state, effects } = step(state, move(0, "applying", isGood ? "applied" : "failed"), by));
          model.applying -= 1;
          if (!isGood) model.failed += 1;
          expect(state.phase === "halted").toBe(model.failed >= model.bound);
          if (state.phase === "halted") break;
        }
      }),
    );
  });

  it("takes no move that is not there", () => {
    const { state } = run(started);
    expect(withMoves(state, [{ wave: 0, from: "applied", to: "reverting", n: 5 }], 0).waves).toEqual(state.waves);
    expect(withMoves(state, [{ wave: 9, from: "pending", to: "applying", n: 1 }], 0).waves).toEqual(state.waves);
    expect(withMoves(state, [{ wave: 0, from: "pending", to: "applied", n: 1 }], 0).waves).toEqual(state.waves);
    expect(withMoves(state, [{ wave: 0, from: "pending", to: "applying", n: 9 }], 0).waves[0]?.counts).toMatchObject({
      pending: 0,
      applying: 1,
    });
  });
});
