// Numbers as people say them, in both languages, and nothing said where there is nothing.
import { createTranslator } from "next-intl";
import { expect, test } from "vitest";
import type { LookSignal } from "../../../../../server/rollouts/schema.ts";
import en from "../../../../_messages/en.json" with { type: "json" };
import zh from "../../../../_messages/zh.json" with { type: "json" };
import { formatSignal, plainNumbers, saysSomething } from "./plain-numbers.ts";

const arm = (over: Partial<LookSignal["canary"]> = {}) => ({
  events: 0,
  exposure: 10,
  nodes: 1,
  value: 0.041,
  low: null,
  high: null,
  ...over,
});
const signal = (over: Partial<LookSignal>): LookSignal => ({
  id: "x",
  title: { en: "x", zh: "x" },
  kind: "rate",
  canary: arm(),
  control: arm({ value: 0.002, nodes: 40 }),
  eValue: 1,
  threshold: 1_000,
  effect: null,
  ...over,
});
function say(one: LookSignal, locale: "en" | "zh" = "en"): string {
  const t = createTranslator({ locale, messages: locale === "en" ? en : zh, namespace: "rollout.plain" });
  const { key, values } = plainNumbers(one, locale);
  return t(key, values);
}

test("a rate says of how many calls it is a share; without their number it says on how many nodes", () => {
  const canary = arm({ calls: 820 });
  const control = arm({ value: 0.002, calls: 9_400, nodes: 40 });
  expect(say(signal({ canary, control }))).toBe("changed 4.1 % of 820 calls against 0.2 % of 9,400");
  expect(say(signal({ canary, control }), "zh")).toBe("已变更：820 次中 4.1 %；对照：9,400 次中 0.2 %");
  expect(say(signal({}))).toBe("changed 4.1 % on 1 node against 0.2 % on 40 controls");
});

test("events are counted by node over the wave", () => {
  const canary = arm({ events: 1, value: 12 });
  expect(say(signal({ kind: "event", canary, control: arm({ events: 0, nodes: 8 }) }))).toBe(
    "1 case on 1 changed node against 0 on 8 controls",
  );
});

test("no data is said as such, and is no zero", () => {
  expect(say(signal({ canary: arm({ value: null }) }))).toBe("no numbers from both sides yet (1 changed, 40 controls)");
  expect(say(signal({ canary: arm({ value: null }) }), "zh")).toBe("尚无两侧的数据（已变更 1 个，对照 40 个）");
});

test("what is calm on both sides, or unknown, is not worth a sentence; an alarm always is", () => {
  const calm = signal({ kind: "event", canary: arm({ value: 0 }), control: arm({ value: 0 }) });
  expect(saysSomething(calm)).toBe(false);
  expect(saysSomething({ ...calm, control: arm({ events: 1 }) })).toBe(true);
  expect(saysSomething({ ...calm, eValue: 1_000 })).toBe(true);
  expect(saysSomething(signal({ canary: arm({ value: null }) }))).toBe(false);
  expect(saysSomething(signal({}))).toBe(true);
});

test("values are as short as they can be told apart", () => {
  expect(formatSignal("latency", 0.0421)).toBe("42 ms");
  expect(formatSignal("latency", 3.44)).toBe("3.4 s");
  expect(formatSignal("gauge", 1.236)).toBe("124 %");
  expect(formatSignal("event", 0)).toBe("0/h");
});
