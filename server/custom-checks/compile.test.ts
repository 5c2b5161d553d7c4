// Definitions as checks: items and subjects, hysteresis, messages, fixtures, and unknown wherever something could not be judged.
import { describe, expect, test } from "vitest";
import type { Check } from "../../checks/define.ts";
import { NOW, nodeFacts } from "../../testing/facts.ts";
import { compileDraft, fixtureFacts, ITEMS_MAX } from "./compile.ts";
import { tryDraft } from "./fixtures.ts";
import type { CheckDraft } from "./schema.ts";
import { restartsDraft } from "./testing.fixture.ts";

function check(over: Record<string, unknown> = {}): Check {
  const compiled = compileDraft("module-restarts", restartsDraft(over));
  if (!compiled.ok) throw new Error(compiled.errors.map(({ field, message }) => `${field}: ${message.en}`).join());
  return compiled.check;
}
const look = (modules: unknown, over: Record<string, unknown> = {}, open: string[] = []) =>
  check(over).evaluate(fixtureFacts({ modules } as never, NOW), NOW, new Set(open));
const module = (name: string, restarts: number | null) => ({ name, restarts, state: "running" });

test("each item is a subject with a message in two languages and its evidence", () => {
  const outcome = look([module("containerd", 9), module("lxcfs", 0)]);
  expect(outcome).toMatchObject({
    status: "problems",
    problems: [
      {
        subject: "containerd",
        reason: "ModuleRestarts",
        message: { en: "containerd was restarted 9 times.", zh: "containerd 已重启 9 次。" },
        evidence: [
          {
            kind: "table",
            source: "modules",
            rows: [
              ["item.name", "containerd"],
              ["item.restarts", "9"],
            ],
          },
          { kind: "text" },
        ],
      },
    ],
  });
});

test("with clear, what is open stays until it is true", () => {
  expect(look([module("a", 3)]).status).toBe("ok");
  expect(look([module("a", 3)], {}, ["a"]).status).toBe("problems");
  expect(look([module("a", 3)], {}, ["b"]).status).toBe("ok");
  expect(look([module("a", 1)], {}, ["a"]).status).toBe("ok");
});

describe("unknown, never ok", () => {
  test("facts that are missing, unreadable or old", () => {
    const one = check();
    expect(one.evaluate({}, NOW)).toEqual({ status: "unknown", reason: "no modules fact yet" });
    expect(one.evaluate({ modules: { data: null, at: NOW, error: "EIO" } }, NOW).status).toBe("unknown");
    expect(one.evaluate(nodeFacts({}, NOW - 3_600_000), NOW).status).toBe("unknown");
    expect(one.evaluate(nodeFacts(), NOW).status).toBe("ok");
  });
  test("one item that cannot be judged, even beside one that is a problem", () => {
    const outcome = look([module("bad", 9), module("odd", null)]);
    expect(outcome).toMatchObject({ status: "unknown", reason: expect.stringContaining("problem of odd") });
  });
  test("a subject that is none, and more items than can be", () => {
    expect(look([{ name: null, restarts: 9 }])).toMatchObject({
      status: "unknown",
      reason: expect.stringContaining("subject"),
    });
    expect(look([{ name: "", restarts: 9 }]).status).toBe("unknown");
    expect(look(Array.from({ length: ITEMS_MAX + 1 }, (_, i) => module(`m${i}`, 0)))).toMatchObject({
      status: "unknown",
      reason: expect.stringContaining("items"),
    });
    expect(look(Array.from({ length: 101 }, (_, i) => module(`m${i}`, 9))).status).toBe("unknown");
  });
  test("a message that cannot be made does not hide the problem", () => {
    const over = { message: { en: "{{item.version}} {{item.startedAt}}" } };
    expect(look([{ ...module("a", 9), version: null }], over)).toMatchObject({
      problems: [{ message: { en: "– –" } }],
    });
  });
});

test("errors name their field and their place in it", () => {
  const errorsOf = (over: Record<string, unknown>) => {
    const compiled = compileDraft("x-y", restartsDraft(over));
    return compiled.ok ? [] : compiled.errors.map(({ field, start, end }) => [field, start, end]);
  };
  expect(errorsOf({ problem: "item.restart > 5" })).toEqual([["problem", 5, 12]]);
  expect(errorsOf({ message: { en: "{{item.name}}: {{item.nme}}" } })).toEqual([["message.en", 22, 25]]);
  expect(errorsOf({ message: { en: "{{item.name" } })).toEqual([["message.en", 0, 11]]);
  expect(errorsOf({ subject: undefined })).toEqual([["subject", null, null]]);
  expect(errorsOf({ each: "modules[0]" })).toMatchObject([["each", 0, 10]]);
  // Only what is needed may be read: otherwise a missing fact would not be unknown.
  expect(errorsOf({ problem: "conntrack.count > 5" })).toEqual([["problem", 0, 9]]);
});

test("fixtures tell what comes out, and must show a problem and an ok", () => {
  const tried = (over: Record<string, unknown> = {}) => tryDraft("x-y", restartsDraft(over));
  expect(tried()).toMatchObject({ isPassed: true, errors: [] });
  expect(tried({ problem: "item.restarts >= 10" })).toMatchObject({
    isPassed: false,
    fixtures: [{ name: "many", isPassed: false, expected: ["containerd"], actual: "ok" }, {}, {}, {}, {}],
  });
  const some = (keep: (one: CheckDraft["fixtures"][number]) => boolean) => ({
    fixtures: restartsDraft().fixtures.filter(keep),
  });
  expect(tried(some(({ expect: e }) => e === "ok")).isPassed).toBe(false);
  expect(tried(some(({ expect: e }) => e !== "ok")).isPassed).toBe(false);
  expect(tried({ fixtures: [] }).isPassed).toBe(false);
});

/** Texts in it that a database does not keep. */
function broken(value: unknown): unknown[] {
  if (typeof value === "string") return value.includes("\0") || !value.isWellFormed() ? [value] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(broken) : [];
}

test("no text comes out with a NUL or half a character, wherever it was cut", () => {
  const outcomes = [1_997, 1_998, 199, 198, 597, 598].map((size) =>
    look([{ ...module("😀 name", 9), version: `${"x".repeat(size % 1_000)}😀😀${"x".repeat(size)}😀😀` }], {
      subject: "'a\\u0000' + item.name.substring(0, 1)",
      message: { en: `${"y".repeat(399)}{{item.version}}{{item.version}}`, zh: "{{'\\u0000'}}" },
    }),
  );
  expect(outcomes.flatMap(broken)).toEqual([]);
  expect(outcomes[0]).toMatchObject({ problems: [{ subject: "a\uFFFD\uFFFD" }] });
  const unknown = look([module("😀", null)], { subject: "'\\u0000' + item.name.substring(0, 1)" });
  expect([unknown.status, broken(unknown)]).toEqual(["unknown", []]);
});

describe("what an editor may cost", () => {
  const costly = (count: number) => ({
    name: "costly",
    facts: { modules: Array.from({ length: count }, (_one, i) => module(`m-${i}`, 0)) },
    expect: "ok",
  });
  test("all fixtures share their steps", () => {
    const draft = restartsDraft({ fixtures: Array.from({ length: 20 }, () => costly(4_000)) });
    const { fixtures } = tryDraft("one", draft);
    expect(fixtures[0]?.isPassed).toBe(true);
    expect(fixtures.at(-1)).toMatchObject({ isPassed: false, reason: expect.stringContaining("too many steps") });
  });
  test("and their time", () => {
    let at = 0;
    const { fixtures, isPassed } = tryDraft("one", restartsDraft(), () => (at += 100));
    expect(fixtures.map((one) => one.isPassed)).toEqual([true, true, false, false, false]);
    expect([isPassed, fixtures.at(-1)]).toMatchObject([false, { reason: "not tried: those before it took too long" }]);
  });
});
