import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Cause } from "./cause.ts";
import { testCauses } from "./causes.fixture.ts";
import { diagnose, Engine } from "./diagnose.ts";

const ids = (text: string) => diagnose(text, testCauses).causes.map(({ id }) => id);

describe("signatures", () => {
  test.each([
    [
      "an inner error before the one around it",
      "Failed to create pod sandbox: x: failed to set bridge addr: y",
      ["bridge-conflict", "sandbox-failed"],
    ],
    ["in whatever case and wrapping", "FAILED to set\nbridge addr", ["bridge-conflict"]],
    ["unless: not where a better cause prints it, too", "inotify add: no space left on device", ["watches-used-up"]],
    ["also: not without what must stand beside it", "write x: no space left on device", ["disk-full"]],
    [
      "a cause before what it explains",
      "container init was OOM-killed: Memory cgroup out of memory",
      ["init-oom", "oom"],
    ],
    ["several causes in one paste", "<3>Memory cgroup out of memory: x\n<3>[sh] <defunct>", ["oom", "defunct"]],
    ["two hints that stand apart", "could not flush: write error", ["disk-full"]],
    ["a hint alone is no answer", "exit code: 137", []],
    ["a hint twice is one hint", "write error\n\nwrite error again", []],
  ])("%s", (_name, text, expected) => expect(ids(text)).toEqual(expected));

  test("evidence is marked in the text as it was pasted", () => {
    const text = 'E0301 08:09:10.1 1 a.go:1] err=\\"failed to   set bridge\n  addr: x\\"';
    const [{ evidence, confidence, basis } = { evidence: [], confidence: 0, basis: "" }] = diagnose(
      text,
      testCauses,
    ).causes;
    expect(evidence.map(({ start, end }) => text.slice(start, end))).toEqual(["failed to   set bridge\n  addr"]);
    expect(basis).toBe("proof");
    expect(confidence).toBeGreaterThan(0.9);
  });

  test("rivals for one record share what confidence there is", () => {
    const [first, second] = diagnose("Failed to create pod sandbox: failed to set bridge addr", testCauses).causes;
    expect((first?.confidence ?? 0) + (second?.confidence ?? 0)).toBeLessThanOrEqual(1);
  });

  test.each([
    ["no plain text to look for", String.raw`\d+ \S+`],
    ["no RE2", "failed (?=x)"],
  ])("refused: %s", (_name, match) => {
    const bad: Cause[] = [
      { id: "bad-one", title: { en: "", zh: "" }, side: "ours", words: "", signatures: [{ match, strength: "proof" }] },
    ];
    expect(() => new Engine(bad).index.verify()).toThrow();
  });
});

describe("questions", () => {
  test.each([
    ["Name lookups in our pods are slow: some take five seconds.", ["slow-names"]],
    ["域名解析偶尔要延迟五秒，怎么回事", ["slow-names"]],
    ["Where is the cafeteria and when does it open?", []],
  ])("%s", (text, expected) => expect(ids(text).slice(0, 1)).toEqual(expected));
});

test("the chain, the call and who spoke are told even when the cause is not known", () => {
  const found = diagnose(
    "Mar  1 08:09:10 a kubelet[1]: CreateContainer failed: rpc error: code = Internal desc = odd: odder",
    testCauses,
  );
  expect(found).toMatchObject({
    isKnown: false,
    causes: [],
    rpc: "CreateContainer",
    code: "Internal",
    components: ["kubelet"],
  });
  expect(found.chain.map(({ text }) => text).slice(-2)).toEqual(["odd", "odder"]);
});

test("whatever is pasted: no error, the same answer again, every place in the input, confidence within bounds", () => {
  const words = testCauses.flatMap(({ signatures, words: own }) => [...signatures.map(({ match }) => match), own]);
  const piece = fc.oneof(
    fc.constantFrom(...words, "\n", ": ", '\\"', "<3>", '{"msg":"'),
    fc.string({ unit: "binary", maxLength: 20 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const text = pieces.join("");
      const found = diagnose(text, testCauses);
      expect(diagnose(text, testCauses)).toEqual(found);
      expect(found.isKnown).toBe(found.causes.length > 0);
      for (const { confidence, evidence } of found.causes) {
        expect(confidence).toBeGreaterThanOrEqual(0);
        expect(confidence).toBeLessThanOrEqual(1);
        for (const { start, end } of evidence) expect(0 <= start && start < end && end <= text.length).toBe(true);
      }
      for (const { start, end } of found.chain) expect(0 <= start && start < end && end <= text.length).toBe(true);
    }),
  );
});

test("a megabyte of literals is read within the budget of comparisons", () => {
  const text = Array.from(
    { length: 16_000 },
    (_, i) => `word${i.toString(36)}x no space left on devic failed to set bridge add`,
  ).join("\n");
  const found = diagnose(text, testCauses);
  expect(found.cutChars).toBe(Math.max(0, text.length - 1_000_000));
  expect(found.isKnown).toBe(false);
});

test("what is told as information counts as a hint, unless it speaks of trouble", () => {
  expect(ids('time="2026-03-01T08:09:10Z" level=info msg="[sh] <defunct>"')).toEqual([]);
  expect(ids('time="2026-03-01T08:09:10Z" level=error msg="[sh] <defunct>"')).toEqual(["defunct"]);
  expect(ids("I0301 08:09:10.1    88 a.go:1] failed to set bridge addr")).toEqual(["bridge-conflict"]);
});

test("a message broken into lines that nothing joins is read as one, too", () => {
  expect(ids("2026-03-01T08:09:10Z stderr F failed to set\n2026-03-01T08:09:10Z stderr F bridge addr x")).toEqual([
    "bridge-conflict",
  ]);
});
