// Walks the list of checks: ids, needs, dependencies, repairs, and the fixtures – each fault raises exactly its own check.
import { describe, expect, it } from "vitest";
import { type Facts, factKinds, factSchemas } from "../protocol/facts.ts";
import { NOW, nodeFacts } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";
import { nearMisses } from "../testing/near-misses.ts";
import type { Check, Outcome } from "./define.ts";
import { checkById, checks } from "./index.ts";

const all: readonly Check[] = checks;
/** A finding must stand within a minute of the fault: the agent's looks (10 s, or two of them 5 s apart) and the debounce. */
const RAISE_WITHIN_MS = 45_000;

const raised = (facts: Facts) =>
  all.filter((check) => check.evaluate(facts, NOW).status === "problems").map((check) => check.id);

/** Every text of a check that people read, in one language. */
function texts(check: Check, outcome: Outcome, language: "en" | "zh"): string[] {
  const problems = outcome.status === "problems" ? outcome.problems : [];
  return [
    check.title[language],
    check.suggestion[language],
    ...problems.flatMap((p) => [p.message[language], ...p.evidence.map((e) => e.label[language])]),
  ];
}

describe("catalogue of checks", () => {
  it("has unique kebab-case ids and finds each by id", () => {
    expect(new Set(all.map((c) => c.id)).size).toBe(all.length);
    for (const check of all) {
      expect(check.id).toMatch(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/);
      expect(checkById(check.id)).toBe(check);
    }
    expect(checkById("no-such-check")).toBeUndefined();
  });

  it.each(all.map((c) => [c.id, c] as const))(
    "%s: metadata is complete and its times allow a finding within a minute",
    (_id, check) => {
      expect(check.needs.length).toBeGreaterThan(0);
      for (const kind of check.needs) expect(factKinds).toContain(kind);
      expect(check.raiseAfterMs).toBeLessThanOrEqual(RAISE_WITHIN_MS);
      expect(check.factTtlMs).toBeGreaterThanOrEqual(60_000);
      expect(check.repairs.length).toBe(new Set(check.repairs).size);
      const { raiseRatio, clearRatio } = check.thresholds;
      if (raiseRatio !== undefined && clearRatio !== undefined) expect(clearRatio).toBeLessThan(raiseRatio);
    },
  );

  it("dependsOn names existing checks and has no cycle", () => {
    const visit = (id: string, path: string[]): void => {
      expect(path, `cycle through ${id}`).not.toContain(id);
      const check = checkById(id);
      expect(check, id).toBeDefined();
      for (const next of check?.dependsOn ?? []) visit(next, [...path, id]);
    };
    for (const check of all) visit(check.id, []);
    // One pass over the list must see a cause before what it hides.
    const order = all.map((c) => c.id);
    for (const check of all)
      for (const cause of check.dependsOn ?? []) expect(order.indexOf(cause)).toBeLessThan(order.indexOf(check.id));
  });

  it("every fixture holds facts as the protocol defines them", () => {
    const fixtures = [...Object.values(faultFacts).flat(), ...nearMisses];
    for (const { name, facts } of fixtures) {
      for (const kind of factKinds) {
        const data = facts[kind]?.data;
        if (data !== undefined) expect(factSchemas[kind].safeParse(data).error, `${name}: ${kind}`).toBeUndefined();
      }
    }
  });
});

describe("faults", () => {
  const cases = all.flatMap((check) =>
    faultFacts[check.id as keyof typeof faultFacts].map((fault) => ({ check, fault })),
  );

  it("every check has a bad fixture", () => {
    for (const check of all)
      expect(faultFacts[check.id as keyof typeof faultFacts].length, check.id).toBeGreaterThan(0);
  });

  it.each(cases.map((c) => [`${c.check.id}: ${c.fault.name}`, c] as const))("%s", (_name, { check, fault }) => {
    const outcome = check.evaluate(fault.facts, NOW);
    expect(outcome.status).toBe("problems");
    if (outcome.status !== "problems") return;
    expect(outcome.problems.map((p) => [p.subject, p.reason])).toEqual([[fault.subject, fault.reason]]);
    for (const problem of outcome.problems) {
      expect(problem.evidence.length).toBeGreaterThan(0);
      expect(JSON.parse(JSON.stringify(problem.params))).toEqual(problem.params);
      for (const e of problem.evidence)
        if (e.kind === "table") for (const row of e.rows) expect(row.length).toBe(e.columns.length);
    }
    for (const text of texts(check, outcome, "zh")) expect(text).toMatch(/[\u4e00-\u9fff]|lxcfs|cgroup/);
    for (const text of texts(check, outcome, "en")) expect(text).not.toMatch(/[\u4e00-\u9fff]|undefined|NaN|null/);
    expect(raised(fault.facts), "no neighbour may raise").toEqual([check.id]);
  });

  it.each(nearMisses.map((m) => [m.name, m.facts] as const))("silent on: %s", (_name, facts) => {
    expect(raised(facts)).toEqual([]);
  });
});

describe("unknown is never ok", () => {
  it.each(all.map((c) => [c.id, c] as const))(
    "%s: a missing, unreadable or stale fact makes it unknown",
    (_id, check) => {
      for (const kind of check.needs) {
        const facts = nodeFacts();
        expect(check.evaluate({ ...facts, [kind]: undefined }, NOW).status, `${kind} missing`).toBe("unknown");
        expect(check.evaluate({ ...facts, [kind]: { data: null, at: NOW, error: "EIO" } }, NOW)).toEqual({
          status: "unknown",
          reason: `${kind} could not be read: EIO`,
        });
      }
      expect(check.evaluate(nodeFacts(), NOW + check.factTtlMs).status).toBe("ok");
      expect(check.evaluate(nodeFacts(), NOW + check.factTtlMs + 1).status).toBe("unknown");
    },
  );

  it("comparisons with a runtime's lists are unknown while it does not answer", () => {
    const facts = faultFacts["runtime-down"].at(-1)?.facts ?? {};
    for (const id of ["orphan-shim", "container-lost", "mount-leaked"] as const) {
      expect(checkById(id)?.evaluate(facts, NOW).status, id).toBe("unknown");
    }
  });
});
