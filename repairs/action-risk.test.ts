// No repair says that it is less risky than what it does, and the table of actions has no gap.
import { describe, expect, it } from "vitest";
import { checkById } from "../checks/index.ts";
import { type CommandAction, commandTypes } from "../protocol/commands.ts";
import { NOW } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";
import { actionRisk, isAtLeast, planRisk, worstRisk } from "./action-risk.ts";
import type { RepairContext, RepairDefinition, Step } from "./define.ts";
import { repairs, repairsForCheck } from "./index.ts";

const node = { id: "0193d7a0-0000-7000-8000-000000000001", name: "node-1" };
const all: readonly RepairDefinition[] = repairs;

const resultOf = () => ({
  commandId: node.id,
  status: "done" as const,
  code: null,
  message: "",
  changed: true,
  output: {},
  startedAt: NOW,
  endedAt: NOW,
});

/** Every plan of every repair for every fault that we have facts of, and the undo of each. */
const planned = Object.entries(faultFacts).flatMap(([checkId, faults]) =>
  faults.flatMap(({ facts }) => {
    const outcome = checkById(checkId)?.evaluate(facts, NOW);
    if (outcome?.status !== "problems") return [];
    return outcome.problems.flatMap(({ subject, params }) => {
      const ctx: RepairContext = { node, finding: { checkId, subject, params }, facts, now: NOW };
      return repairsForCheck(checkId).flatMap((repair) => {
        const plan = repair.plan(ctx);
        if ("nothing" in plan) return [];
        const done = plan.steps.map((step) => ({ step, result: resultOf() }));
        return [
          { repair, isUndo: false, steps: plan.steps },
          { repair, isUndo: true, steps: repair.undo?.(ctx, done) ?? [] },
        ];
      });
    });
  }),
);

describe("risk", () => {
  it.each(all.map((repair) => [repair.id, repair] as const))("%s is at least as risky as its steps", (id, repair) => {
    // An undo is judged by itself, when it is asked for: taking a raised limit back interrupts, raising it does not.
    const steps = planned.filter((plan) => plan.repair.id === id && !plan.isUndo).flatMap((plan): Step[] => plan.steps);
    expect(steps.length).toBeGreaterThan(0);
    for (const { action } of steps)
      expect([action.type, isAtLeast(repair.risk, actionRisk(action))]).toEqual([action.type, true]);
    expect(planRisk(repair, { steps })).toBe(repair.risk);
  });

  it("knows every type of action", () => {
    for (const type of commandTypes)
      expect(["safe", "disruptive", "destructive"]).toContain(actionRisk({ type, params: {} } as CommandAction));
  });

  it("calls nothing safe that undoes what somebody meant: a limit in either direction, a freeze", () => {
    const limit = (expected: string, value: number) =>
      actionRisk({ type: "container.pids-max", params: { containerId: "ab", expected, value } });
    expect([limit("100", 200), limit("100", 100), limit("100", 16), limit("max", 4_000_000)]).toEqual(
      Array(4).fill("disruptive"),
    );
    expect(actionRisk({ type: "filesystem.thaw", params: { mountPoint: "/" } })).toBe("disruptive");
    expect(actionRisk({ type: "container.thaw", params: { containerId: "ab" } })).toBe("disruptive");
  });

  it("tells modules that change traffic from those that do not", () => {
    const load = (name: "overlay" | "br_netfilter" | "nf_conntrack" | "ip_vs") =>
      actionRisk({ type: "kernel.load-module", params: { name } });
    expect([load("overlay"), load("br_netfilter"), load("nf_conntrack"), load("ip_vs")]).toEqual([
      "safe",
      "disruptive",
      "disruptive",
      "disruptive",
    ]);
  });

  it("tells a start from what interrupts", () => {
    const restart = (mode: "start" | "restart" | "kill-restart") =>
      actionRisk({ type: "module.restart", params: { module: "containerd", mode, process: null } });
    expect([restart("start"), restart("restart"), restart("kill-restart")]).toEqual([
      "safe",
      "disruptive",
      "disruptive",
    ]);
  });

  it("takes the worst of all", () => {
    expect(worstRisk([])).toBe("safe");
    expect(worstRisk(["safe", "destructive", "disruptive"])).toBe("destructive");
    const prune: CommandAction = {
      type: "runtime.prune",
      params: { runtime: "containerd", containers: [], images: [] },
    };
    expect(planRisk({ risk: "safe" }, { steps: [{ title: { en: "", zh: "" }, action: prune }] })).toBe("destructive");
  });
});
