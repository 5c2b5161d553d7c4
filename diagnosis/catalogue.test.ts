// The causes as they are, against texts and questions of our own.
import { expect, test } from "vitest";
import { causes } from "./causes/list.ts";
import { diagnose, engineOf } from "./diagnose.ts";
import { crossValidate, measure } from "./evaluate.ts";
import { questions, unrelated } from "./questions.fixture.ts";
import { reports } from "./reports.fixture.ts";

test("every signature can be indexed and compiled", () => {
  expect(() => engineOf(causes).index.verify()).not.toThrow();
});

test("causes have ids of their own, and name only each other", () => {
  const ids = causes.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, explains = [] } of causes)
    for (const other of explains) expect(ids, `${id} explains ${other}`).toContain(other);
});

test.each(unrelated)("no cause is read from: %s", (text) => expect(diagnose(text, causes).causes).toEqual([]));

test("questions about something else are not answered, nine of ten others rightly", () => {
  const { top1, falsePositiveRate } = measure(labelled(questions), causes, () => 0);
  expect(falsePositiveRate).toBe(0);
  expect(top1).toBeGreaterThanOrEqual(0.9);
});

const labelled = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([label, text], at) => ({ id: String(at), label, text }));

test("what components print is named: nineteen of twenty first, all but one in fifty among the first three", () => {
  const { top1, top3 } = measure(labelled(reports), causes, () => 0);
  expect(top1).toBeGreaterThanOrEqual(0.95);
  expect(top3).toBeGreaterThanOrEqual(0.98);
});

// How a text comes to us must not matter.
test.each([
  [
    "in docker's JSON",
    (line: string) => JSON.stringify({ log: `${line}\n`, stream: "stderr", time: "2026-03-01T08:09:10Z" }),
  ],
  [
    "in klog",
    (line: string) => `E0301 08:09:10.123456       1 a.go:1] "It failed" err=${JSON.stringify(line)} pod="a/b"`,
  ],
  ["as an event", (line: string) => `  Warning  Failed   5s (x3 over 9s)    kubelet  ${line}`],
  ["broken at 80 characters", (line: string) => (line.match(/.{1,80}/g) ?? []).join("\n")],
  ["with printed quotes", (line: string) => line.replace(/"([^"]*)"/g, "“$1”").replace(/'/g, "’")],
])("the same is found %s", (_name, dress) => {
  const dressed = reports.map(([label, text]) => [label, text.split("\n").map(dress).join("\n")] as const);
  expect(measure(labelled(dressed), causes, () => 0).top1).toBeGreaterThanOrEqual(0.93);
});

test("leaving signatures out shows which texts hang on one", () => {
  const texts = [
    { id: "a", label: "conntrack-full", text: "nf_conntrack: table full, dropping packet" },
    { id: "b", label: "none", text: "all is well" },
  ];
  const found = crossValidate(texts, causes);
  expect(found).toMatchObject({ texts: 1, labels: 1 });
  expect(found.trials).toBeGreaterThan(0);
});
