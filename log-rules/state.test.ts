// What lines amount to: counting in a window, pairs of raise and clear, first and second lines, bounds, and that a restart changes nothing.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LogLine } from "./line.ts";
import { Matcher } from "./matcher.ts";
import { type LogRule, RECENT_MAX } from "./rule.ts";
import { EMPTY_LOG_STATE, forget, LINES_MAX, type LogState, MATCHES_MAX, matchesOf, observe } from "./state.ts";

const rule = (over: Partial<LogRule> & { id: string; match: string[] }): LogRule => ({
  sources: ["kernel"],
  subject: "{who}",
  ttlMs: 1_000,
  severity: "warning",
  aliases: [],
  ...over,
});
const pair = rule({ id: "pair", match: ["server (?P<who>\\w+) silent"], clear: ["server (?P<who>\\w+) back"] });
const all = rule({ id: "all", subject: "all", match: ["alarm raised"], clear: ["alarm over"] });
const second = rule({
  id: "second",
  sources: ["kernel", "kubelet"],
  match: ["begin (?P<what>\\w+)"],
  follow: { match: ["goes on (?P<who>\\w+)"], lines: 2, withinMs: 100, isRequired: true },
});
const told = rule({
  id: "told",
  match: ["device lost"],
  follow: { match: ["it was (?P<who>\\w+)"], lines: 1, withinMs: 100, isRequired: false },
});
const same = rule({
  id: "same",
  subject: "node",
  match: ["killed process (?P<pid>\\d+)", "reaped process (?P<pid>\\d+)"],
  sameBy: ["pid"],
});
const matcher = new Matcher([pair, all, second, told, same]);

const at = (text: string, when: number, source: LogLine["source"] = "kernel"): LogLine => ({ source, text, at: when });
const run = (lines: LogLine[], from: LogState = EMPTY_LOG_STATE) =>
  lines.reduce((state, line) => observe(state, line, matcher), from);

describe("occurrences", () => {
  it("are counted per subject, with their times and last lines", () => {
    const state = run([at("server a silent", 1), at("server b silent", 2), at("server a silent", 5)]);
    expect(state.matches["pair|a"]).toMatchObject({
      count: 2,
      firstAt: 1,
      lastAt: 5,
      recent: [1, 5],
      captures: { who: "a" },
    });
    expect(state.matches["pair|b"]).toMatchObject({ count: 1, lines: ["server b silent"] });
  });

  it("keep the last times and lines only", () => {
    const state = run(Array.from({ length: 50 }, (_, index) => at("server a silent", index)));
    expect(state.matches["pair|a"]?.count).toBe(50);
    expect(state.matches["pair|a"]?.recent).toEqual(
      Array.from({ length: RECENT_MAX }, (_, index) => 50 - RECENT_MAX + index),
    );
    expect(state.matches["pair|a"]?.lines.length).toBe(LINES_MAX);
  });

  it("that two lines tell of are one, unless long after", () => {
    const one = run([at("killed process 7", 1), at("reaped process 7", 2), at("killed process 8", 3)]);
    expect(one.matches["same|node"]).toMatchObject({ count: 2, recent: [1, 3] });
    expect(one.matches["same|node"]?.lines.length).toBe(3);
    expect(run([at("reaped process 8", 10_003)], one).matches["same|node"]?.count).toBe(2);
    expect(run([at("killed process 8", 10_004)], one).matches["same|node"]?.count).toBe(3);
  });

  it("of more subjects than fit push out what was cleared first, then the oldest", () => {
    const many = Array.from({ length: MATCHES_MAX }, (_, index) => at(`server s${index} silent`, index));
    const full = run([...many, at("server s50 back", 200)]);
    const one = run([at("server x silent", 201)], full);
    expect(Object.keys(one.matches).length).toBe(MATCHES_MAX);
    expect(one.matches["pair|s50"]).toBeUndefined();
    const two = run([at("server y silent", 202)], one);
    expect(two.matches["pair|s0"]).toBeUndefined();
    expect(two.matches["pair|y"]).toBeDefined();
  });

  it("a line that says nothing gives the same state back", () => {
    const state = run([at("server a silent", 1)]);
    expect(observe(state, at("hello", 2), matcher)).toBe(state);
    expect(observe(state, at("server a silent", 2, "kubelet"), matcher)).toBe(state);
  });
});

describe("the line that ends it", () => {
  it("ends its subject only, and a new line begins anew", () => {
    const cleared = run([
      at("server a silent", 1),
      at("server a silent", 2),
      at("server b silent", 3),
      at("server a back", 4),
    ]);
    expect(cleared.matches["pair|a"]).toMatchObject({ isCleared: true, clearedAt: 4, count: 2 });
    expect(cleared.matches["pair|b"]).toMatchObject({ isCleared: false });
    const again = run([at("server a silent", 9)], cleared);
    expect(again.matches["pair|a"]).toMatchObject({
      isCleared: false,
      clearedAt: null,
      count: 1,
      firstAt: 9,
      recent: [9],
    });
  });

  it("without a subject ends all of the rule", () => {
    expect(run([at("alarm raised", 1), at("alarm over", 2)]).matches["all|all"]?.isCleared).toBe(true);
    const nothing = run([at("alarm over", 2)]);
    expect(nothing.matches).toEqual({});
    const over = run([at("alarm raised", 1), at("alarm over", 2)]);
    expect(run([at("alarm over", 3)], over)).toBe(over);
  });
});

describe("a second line", () => {
  it("completes the occurrence, also when it comes in a later batch or after a restart", () => {
    const before = run([at("begin x", 1), at("noise", 2)]);
    expect(before.matches).toEqual({});
    const restarted = JSON.parse(JSON.stringify(before)) as LogState;
    const state = run([at("goes on eve", 50)], restarted);
    expect(state.matches["second|eve"]).toMatchObject({ count: 1, firstAt: 50, captures: { what: "x", who: "eve" } });
    expect(state.matches["second|eve"]?.lines).toEqual(["begin x", "goes on eve"]);
    expect(state.waiting).toEqual([]);
  });

  it.each([
    ["too many lines later", [at("begin x", 1), at("1", 2), at("2", 3), at("goes on eve", 4)]],
    ["too late", [at("begin x", 1), at("goes on eve", 200)]],
    ["of somebody else", [at("begin x", 1), at("goes on eve", 2, "kubelet")]],
    ["without a first", [at("goes on eve", 2)]],
  ])("%s is none", (_name, lines) => expect(run(lines).matches).toEqual({}));

  it("that is not required only says more", () => {
    expect(run([at("device lost", 1)]).matches["told|anywhere"]?.count).toBe(1);
    const state = run([at("device lost", 1), at("it was sda", 2)]);
    expect(Object.keys(state.matches)).toEqual(["told|sda"]);
    expect(state.matches["told|sda"]).toMatchObject({ count: 1, lines: ["device lost", "it was sda"] });
    const twice = run([at("device lost", 3), at("it was sda", 4)], state);
    expect(twice.matches["told|sda"]).toMatchObject({ count: 2, firstAt: 1, lastAt: 3 });
    const often = Array.from({ length: 30 }, (_, turn) => [at("device lost", turn), at("it was sda", turn)]).flat();
    expect(run(often).matches["told|sda"]).toMatchObject({
      count: 30,
      recent: often.slice(-40).flatMap((line, index) => (index % 2 ? [] : [line.at])),
    });
  });
});

describe("forget", () => {
  const state = run([at("server a silent", 0), at("server b silent", 500), at("server b back", 600)]);

  it("drops what was last seen longer ago than its rule says", () => {
    expect(forget(state, 1_000, matcher.rules)).toBe(state);
    expect(matchesOf(forget(state, 1_001, matcher.rules)).map(({ subject }) => subject)).toEqual(["b"]);
  });

  it("drops matches of rules that are gone", () => expect(forget(state, 600, new Map()).matches).toEqual({}));
});

it("whatever comes, in whatever batches and with restarts between: the state is the same and bounded", () => {
  const words = [
    "server a silent",
    "server b silent",
    "server a back",
    "alarm raised",
    "alarm over",
    "begin x",
    "goes on eve",
    "device lost",
    "it was sda",
    "killed process 7",
    "noise",
  ];
  const lines = fc.array(fc.tuple(fc.constantFrom(...words), fc.nat(50)), { maxLength: 60 });
  fc.assert(
    fc.property(lines, fc.array(fc.nat(60), { maxLength: 5 }), (drawn, restarts) => {
      let now = 0;
      const timed = drawn.map(([text, later]) => {
        now += later;
        return at(text, now);
      });
      let state = EMPTY_LOG_STATE;
      timed.forEach((line, index) => {
        if (restarts.includes(index)) state = JSON.parse(JSON.stringify(state)) as LogState;
        state = observe(state, line, matcher);
        for (const match of Object.values(state.matches)) {
          expect(match.recent.length).toBeLessThanOrEqual(Math.min(match.count, RECENT_MAX));
          expect(match.firstAt).toBeLessThanOrEqual(match.lastAt);
          expect(match.isCleared).toBe(match.clearedAt !== null);
        }
        expect(state.waiting.length).toBeLessThanOrEqual(16);
      });
      expect(state).toEqual(run(timed));
    }),
  );
});
