// A module's state from its process and what its runtime answers.
import { describe, expect, it } from "vitest";
import type { Probe } from "../../protocol/facts-base.ts";
import { nextProbe } from "../runtimes/watch.ts";
import { stateOf, tidyFiles } from "./watch.ts";

const ok: Probe = { ok: true, latencyMs: 10, code: null, error: null, failingSince: null, failures: 0 };
const failing = (failures: number, code: string): Probe => ({
  ok: false,
  latencyMs: 10,
  code,
  error: code,
  failingSince: 1,
  failures,
});
const p = (state: string) => ({ state });

describe("module state", () => {
  it.each([
    ["runs and answers", p("S"), ok, null, true, "running"],
    ["runs, nothing to ask", p("S"), null, null, true, "running"],
    ["stopped by a signal: hung at once", p("T"), failing(1, "DEADLINE_EXCEEDED"), null, true, "hung"],
    ["traced", p("t"), ok, null, true, "hung"],
    ["one missed answer is nothing yet", p("S"), failing(1, "DEADLINE_EXCEEDED"), null, true, "running"],
    ["silent three times", p("S"), failing(3, "DEADLINE_EXCEEDED"), null, true, "hung"],
    ["refusing while it may be starting", p("S"), failing(3, "ECONNREFUSED"), null, true, "running"],
    ["refusing for long", p("S"), failing(6, "ECONNREFUSED"), null, true, "hung"],
    ["only a zombie is left", p("Z"), failing(1, "ECONNREFUSED"), null, true, "stopped"],
    ["gone although it was there", null, null, null, true, "stopped"],
    ["never there and nobody wants it", null, null, null, false, "absent"],
    ["its own probe says hung", p("S"), null, "hung" as const, true, "hung"],
  ])("%s", (_, process, probe, helper, seen, expected) => {
    expect(stateOf({ wanted: false }, process, probe, helper, seen).state).toBe(expected);
  });

  it.each([
    ["disabled and stopped", { wanted: false }, "cleanly", true, "absent"],
    ["disabled, but it failed", { wanted: false }, "failed", true, "stopped"],
    ["stopped for a while, still enabled", { wanted: true }, "cleanly", false, "stopped"],
    ["disabled, but the configuration names it", { wanted: true }, "cleanly", true, "stopped"],
    ["killed", { wanted: true }, "failed", false, "stopped"],
  ] as const)("its unit was %s", (_, spec, ended, isOff, expected) =>
    expect(stateOf(spec, null, null, null, true, { ended, isOff }).state).toBe(expected),
  );

  it("a wanted module that never ran has stopped", () =>
    expect(stateOf({ wanted: true }, null, null, null, false).state).toBe("stopped"));
});

describe("probe", () => {
  it("counts failures, keeps since when, and forgets both on an answer", () => {
    const bad = { latencyMs: 2_000, error: { code: "DEADLINE_EXCEEDED", message: "m" } };
    const first = nextProbe(ok, 1_000, bad);
    const second = nextProbe(first, 6_000, bad);
    expect(second).toMatchObject({ ok: false, failures: 2, failingSince: 1_000 });
    expect(nextProbe(second, 9_000, { latencyMs: 3, error: null })).toEqual({ ...ok, latencyMs: 100 });
  });

  it("says nothing new about a long outage", () => {
    let probe = ok;
    for (let i = 0; i < 40; i++) probe = nextProbe(probe, i, { latencyMs: 1, error: { code: "x", message: "m" } });
    expect(nextProbe(probe, 99, { latencyMs: 1, error: { code: "x", message: "m" } })).toEqual(probe);
  });
});

describe("open files", () => {
  it.each([
    [47, 1_048_576, 40],
    [47, 52, 47],
    [47, null, 40],
  ])("%d of %s are told as %d", (count, max, told) => expect(tidyFiles(count, max)).toBe(told));
});
