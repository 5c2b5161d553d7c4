// Verification: what counts as green, on which facts, and what is asked for again.
import { expect, test } from "vitest";
import { runtimeDown } from "../../checks/runtime-down.ts";
import { runtimeHung } from "../../checks/runtime-hung.ts";
import type { FactKind, Facts } from "../../protocol/facts.ts";
import { aModule, aRuntime, failedProbe, NOW, nodeFacts } from "../../testing/facts.ts";
import { CONFIRMED_BY_SILENCE_MS, verify } from "./verify.ts";

const END = NOW - 10_000;
const checks = [runtimeDown, runtimeHung];
const dead = {
  runtimes: [aRuntime({ probe: failedProbe("UNAVAILABLE", 3) })],
  modules: [aModule({ state: "stopped", process: null })],
};

/** Everything was looked at `ageMs` after the last step, unless said otherwise. */
const view = (facts: Facts, looked: Partial<Record<FactKind, number>> = {}, now = NOW) => ({
  facts,
  now,
  isLive: true,
  lookedAt: new Map(Object.keys(facts).map((kind) => [kind as FactKind, looked[kind as FactKind] ?? END + 1])),
});
const look = (over: Partial<Parameters<typeof verify>[0]>) =>
  verify({
    checks,
    view: view(nodeFacts()),
    subject: "containerd",
    had: new Set(["runtime-down"]),
    after: END,
    ...over,
  });

test("green on newer facts", () => {
  expect(look({})).toMatchObject({ wrong: null, collect: [], checks: [{ status: "ok" }, { status: "ok" }] });
});

test("a problem with the finding's subject is not green", () => {
  const result = look({ view: view(nodeFacts(dead)) });
  expect(result.wrong?.en).toContain("Container runtime down still stands");
  expect(result.collect).toEqual(expect.arrayContaining(["runtimes", "modules"]));
});

test("the same problem with another subject is another finding", () => {
  expect(look({ view: view(nodeFacts(dead)), subject: "docker" }).wrong).toBeNull();
});

test("facts from before the end of the step prove nothing, good or bad", () => {
  const result = look({ view: view(nodeFacts(), { runtimes: END - 1 }) });
  expect(result).toMatchObject({
    wrong: { en: expect.stringContaining("waiting for newer facts: runtimes") },
    collect: ["runtimes", "modules"],
  });
  expect(look({ view: view(nodeFacts(dead), { runtimes: END - 1 }) }).checks[0]).toMatchObject({ status: "unknown" });
});

test("a live session that sends no change for long enough confirms the fact", () => {
  const at = (ms: number) =>
    look({ view: view(nodeFacts({}, END + ms), { runtimes: END - 1, modules: END - 1 }, END + ms) });
  expect(at(CONFIRMED_BY_SILENCE_MS - 1).wrong).not.toBeNull();
  expect(at(CONFIRMED_BY_SILENCE_MS).wrong).toBeNull();
});

test("unknown is not green for a check that had the problem, and no matter for one that had not", () => {
  const blind = { ...nodeFacts(), modules: { data: null, at: NOW, error: "timeout" } };
  expect(look({ view: view(blind) }).wrong?.en).toContain("modules could not be read: timeout");
  const other = { ...runtimeHung, evaluate: () => ({ status: "unknown" as const, reason: "no idea" }) };
  expect(look({ checks: [runtimeDown, other] }).wrong).toBeNull();
  expect(look({ checks: [runtimeDown, other], had: new Set(["runtime-down", "runtime-hung"]) }).wrong?.en).toContain(
    "no idea",
  );
});

test("a check that throws is unknown", () => {
  const broken = {
    ...runtimeDown,
    evaluate: () => {
      throw new Error("boom");
    },
  };
  expect(look({ checks: [broken] }).wrong?.en).toContain("boom");
});
