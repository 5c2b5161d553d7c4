// The log as people read it: whole sentences, nodes by name where the runs tell which they were, nothing said twice.
import { expect, test } from "vitest";
import type { Effect, Event, Moved, Phase } from "../../rollout/types.ts";
import { type ToldRun, tellLog } from "./event-words.ts";

const at = (s: number): Date => new Date(s * 1_000);
const entry = (s: number, event: Record<string, unknown>, effects: Effect[] = [], phase: Phase = "running") => ({
  phase,
  at: at(s),
  event: { at: s * 1_000, ...event } as Event,
  effects,
});
const move = (from: Moved["from"], to: Moved["to"], n = 1, wave = 0): Moved => ({ wave, from, to, n });
const run = (name: string | null, over: Partial<ToldRun> = {}): ToldRun => ({
  wave: 0,
  name,
  direction: "apply",
  state: "succeeded",
  createdAt: at(1),
  endedAt: at(5),
  ...over,
});
const words = (text: string) => ({ en: text, zh: text });
const told = (entries: ReturnType<typeof entry>[], runs: ToldRun[] = []) =>
  tellLog(entries, runs).map(({ text }) => text);

test("nodes that moved are named in the order of their runs", () => {
  const entries = [
    entry(2, { type: "moved", moves: [move("pending", "applying", 2)] }),
    entry(6, { type: "moved", moves: [move("applying", "applied")] }),
    entry(8, { type: "moved", moves: [move("applying", "failed")] }),
  ];
  const runs = [run("lab-3", { endedAt: at(7), state: "failed" }), run("lab-1")];
  expect(told(entries, runs)).toEqual([
    { en: "Wave 1: lab-3 and lab-1 are being changed.", zh: "第 1 批：正在变更 lab-3、lab-1。" },
    { en: "Wave 1: lab-1 is changed.", zh: "第 1 批：lab-1 已变更。" },
    { en: "Wave 1: lab-3 failed.", zh: "第 1 批：lab-3 变更失败。" },
  ]);
});

test("many nodes are some names and a number; nodes that may not be seen are a number only", () => {
  const entries = [entry(2, { type: "moved", moves: [move("pending", "applying", 6)] })];
  const six = ["a", "b", "c", "d", "e", "f"];
  expect(
    told(
      entries,
      six.map((name) => run(name)),
    )[0]?.en,
  ).toBe("Wave 1: a, b, c and 3 more nodes are being changed.");
  expect(
    told(
      entries,
      six.map(() => run(null)),
    )[0]?.en,
  ).toBe("Wave 1: 6 nodes are being changed.");
  expect(told(entries)[0]?.zh).toBe("第 1 批：正在变更 6 个节点。");
});

test("a node that went a way in one go is told where it came to, and its name is not given to another", () => {
  const entries = [
    entry(6, { type: "moved", moves: [move("pending", "applying"), move("applying", "applied")] }),
    entry(9, { type: "moved", moves: [move("pending", "applying")] }),
  ];
  const runs = [run("first"), run("second", { createdAt: at(8), endedAt: null, state: "running" })];
  expect(told(entries, runs).map(({ en }) => en)).toEqual([
    "Wave 1: first is changed.",
    "Wave 1: second is being changed.",
  ]);
});

test("an order stands with its reason once, beside what the engine made of it", () => {
  const why = words("a look first");
  const [paused] = told([entry(1, { type: "pause", by: "Anna", why }, [{ type: "tell", kind: "paused", why }])]);
  expect(paused).toEqual({ en: "Paused: a look first", zh: "暂停：a look first" });
  const halted = words("1 of 1 failed.");
  const effects: Effect[] = [{ type: "tell", kind: "halted", why: halted }];
  const [moved] = told([entry(6, { type: "moved", moves: [move("applying", "failed")] }, effects)], []);
  expect(moved?.en).toBe("Wave 1: 1 node failed. 1 of 1 failed.");
});

test("ticks say nothing, unless something came of them", () => {
  const why = words("Wave 1 has passed.");
  const passed = entry(2, { type: "tick" }, [{ type: "tell", kind: "wave-passed", why }]);
  expect(told([entry(1, { type: "tick" }), passed])).toEqual([why]);
});

test("of a judge that goes on waiting the last word stands", () => {
  const look = (s: number, verdict: string, text: string) =>
    entry(s, { type: "judged", wave: 0, verdict, why: words(text), dataAt: s });
  const entries = [look(1, "wait", "10 s"), look(2, "wait", "20 s"), look(3, "pass", "well"), look(4, "wait", "5 s")];
  expect(told(entries).map(({ en }) => en)).toEqual(["20 s", "well", "5 s"]);
});

test("a way back that is only tried reads as such; one that is gone does not", () => {
  const back = { type: "moved", moves: [move("applied", "reverting")] };
  const runs = [run("lab-1", { direction: "revert" })];
  expect(told([entry(2, back)], runs)[0]?.en).toBe("Wave 1: lab-1 goes back, to try the way.");
  expect(told([entry(2, back, [], "rolling-back")], runs)[0]?.en).toBe("Wave 1: lab-1 is going back.");
});
