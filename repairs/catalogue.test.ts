// Walks the list of repairs: ids, what they verify, plans that parse and repeat, and guards and plans that survive any facts.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type CheckId, checkById, checks } from "../checks/index.ts";
import { CommandAction } from "../protocol/commands.ts";
import { arbitraryFacts, arbitraryParams } from "../testing/arbitrary-facts.ts";
import { NOW, nodeFacts } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";
import type { RepairContext, RepairDefinition } from "./define.ts";
import { GUARD_FACTS_MAX_AGE_MS } from "./guards.ts";
import { repairById, repairs, repairsForCheck } from "./index.ts";

const all: readonly RepairDefinition[] = repairs;
const node = { id: "0193d7a0-0000-7000-8000-000000000001", name: "node-1" };

/** Contexts as the harness makes them: the finding comes from the check itself. */
const contexts = Object.entries(faultFacts).flatMap(([checkId, faults]) =>
  faults.flatMap((fault) => {
    const outcome = checkById(checkId)?.evaluate(fault.facts, NOW);
    if (outcome?.status !== "problems") return [];
    return outcome.problems.map((problem) => ({
      name: `${checkId}: ${fault.name}`,
      checkId,
      ctx: {
        node,
        finding: { checkId, subject: problem.subject, params: problem.params },
        facts: fault.facts,
        now: NOW,
      } satisfies RepairContext,
    }));
  }),
);

const planOf = (repair: RepairDefinition, ctx: RepairContext) => {
  const plan = repair.plan(ctx);
  return "nothing" in plan ? null : plan;
};
const allowed = (repair: RepairDefinition, ctx: RepairContext) => repair.guards(ctx).every((guard) => guard.ok);

describe("catalogue of repairs", () => {
  it("has unique kebab-case ids and finds each by id", () => {
    expect(new Set(all.map((r) => r.id)).size).toBe(all.length);
    for (const repair of all) {
      expect(repair.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(repairById(repair.id)).toBe(repair);
    }
    expect(repairById("no-such-repair")).toBeUndefined();
  });

  it.each(all.map((r) => [r.id, r] as const))("%s: verifies existing checks, one of which offers it", (id, repair) => {
    for (const checkId of repair.verifies) expect(checkById(checkId), checkId).toBeDefined();
    expect(repair.verifies.some((checkId) => checkById(checkId)?.repairs.includes(id))).toBe(true);
    // A fact that did not change is confirmed by 35 s of a live session; below that no verification could end well.
    expect(repair.verifyWithinMs).toBeGreaterThanOrEqual(repair.settleMs + 50_000);
  });

  it("every check's repairs exist and verify it", () => {
    for (const check of checks) {
      const offered = repairsForCheck(check.id);
      expect(offered.map((r) => r.id)).toEqual([...check.repairs]);
      for (const repair of offered) expect(repair.verifies).toContain(check.id);
    }
    expect(repairsForCheck("no-such-check")).toEqual([]);
  });
});

describe("plans", () => {
  const cases = contexts.flatMap(({ name, checkId, ctx }) =>
    repairsForCheck(checkId).map((repair) => [`${repair.id} for ${name}`, repair, ctx] as const),
  );

  it.each(cases)("%s", (_name, repair, ctx) => {
    const guards = repair.guards(ctx);
    expect(new Set(guards.map((g) => g.id)).size).toBe(guards.length);
    for (const guard of guards) {
      expect(guard.detail.length, guard.id).toBeGreaterThan(0);
      expect(guard.detail, guard.id).not.toMatch(/undefined|NaN|\[object/);
    }
    const plan = planOf(repair, ctx);
    expect(JSON.stringify(repair.plan(structuredClone(ctx)))).toBe(JSON.stringify(repair.plan(ctx)));
    if (!plan) return;
    expect(plan.steps.length).toBeGreaterThan(0);
    expect(plan.evidence.sections.length).toBeGreaterThan(0);
    for (const { action, title } of plan.steps) {
      expect(CommandAction.safeParse(action).error).toBeUndefined();
      expect(`${title.en}${title.zh}${plan.touches.en}`).not.toMatch(/undefined|NaN/);
    }
    const evidence = { type: "evidence.capture", params: { ...plan.evidence } };
    expect(CommandAction.safeParse(evidence).error).toBeUndefined();
  });

  it.each(all.map((r) => [r.id, r] as const))(
    "%s: is allowed and has a plan for at least one real fault",
    (id, repair) => {
      const usable = contexts.filter(
        ({ checkId, ctx }) => checkById(checkId)?.repairs.includes(id) && allowed(repair, ctx) && planOf(repair, ctx),
      );
      expect(usable.length).toBeGreaterThan(0);
    },
  );

  it.each(all.map((r) => [r.id, r] as const))(
    "%s: refuses on stale facts, on a healthy node and without facts",
    (id, repair) => {
      for (const { checkId, ctx } of contexts.filter((c) => checkById(c.checkId)?.repairs.includes(id))) {
        expect(allowed(repair, { ...ctx, now: NOW + GUARD_FACTS_MAX_AGE_MS + 1 }), "stale").toBe(false);
        expect(allowed(repair, { ...ctx, facts: nodeFacts() }), `healthy again (${checkId})`).toBe(false);
        expect(allowed(repair, { ...ctx, facts: {} }), "no facts").toBe(false);
      }
    },
  );

  it("every fault of the twelve has a repair that is allowed", () => {
    // Reasons for which nothing typed can help: the article says what to do by hand.
    const byHand = new Set([
      "ReadOnly",
      "Uninterruptible",
      "Behind",
      "ContainerEnded",
      "PluginMissing",
      "NetworkNotReady",
      "NameClaimedTwice",
      "Stuck",
      "FilesLeft",
      // Its name was chosen by a person: who gave it may need it.
      "LxcLeftover",
      "HostEndMissing",
      "NoCarrier",
      "LoopbackMissing",
      "PortRefuses",
      "DeviceFails",
      "SourceUnreachable",
      // A rule that names nobody may be the node's only defence: people decide.
      "RefusesAll",
      // The group above may hold others, which are frozen on purpose.
      "FrozenFromAbove",
      // Whoever stopped it knows when to start it again.
      "StoppedOnPurpose",
      // The node would stop taking router announcements.
      "Ipv6ForwardingDisabled",
    ]);
    for (const [checkId, faults] of Object.entries(faultFacts)) {
      if (checkById(checkId)?.repairs.length === 0) continue;
      for (const fault of faults.filter((f) => !byHand.has(f.reason) && !f.name.includes("shim lives on too"))) {
        const found = contexts.find((c) => c.name === `${checkId}: ${fault.name}`);
        const offered = repairsForCheck(checkId as CheckId).filter((repair) => found && allowed(repair, found.ctx));
        expect(offered.length, `${checkId}: ${fault.name}`).toBeGreaterThan(0);
      }
    }
  });
});

describe("any facts at all", () => {
  it("neither checks, guards nor plans throw, and problems are JSON with unique subjects", () => {
    fc.assert(
      fc.property(arbitraryFacts, arbitraryParams, fc.integer({ min: 0, max: 5 }), (facts, params, pick) => {
        for (const check of checks) {
          const outcome = check.evaluate(facts, NOW);
          const problems = outcome.status === "problems" ? outcome.problems : [];
          expect(new Set(problems.map((p) => p.subject)).size, check.id).toBe(problems.length);
          const problem = problems[pick % Math.max(1, problems.length)];
          for (const repair of repairsForCheck(check.id)) {
            const subject = problem?.subject ?? "containerd";
            for (const found of [params, problem?.params ?? {}]) {
              const ctx = { node, finding: { checkId: check.id, subject, params: found }, facts, now: NOW };
              repair.guards(ctx);
              repair.plan(ctx);
            }
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
