// The table of commands against the repairs themselves: every step of every plan and undo for every fault that we have facts of is in it, and nothing near it.
import { describe, expect, it } from "vitest";
import { checkById } from "../checks/index.ts";
import { type CommandAction, CommandAction as Parsed } from "../protocol/commands.ts";
import type { Facts } from "../protocol/facts.ts";
import { NOW } from "../testing/facts.ts";
import { faultFacts } from "../testing/fault-facts.ts";
import type { RepairContext, RepairDefinition, Step } from "./define.ts";
import { repairs, repairsForCheck } from "./index.ts";
import { isUsedBy, uses } from "./uses.ts";

const node = { id: "0193d7a0-0000-7000-8000-000000000001", name: "node-1" };
const result = {
  commandId: node.id,
  status: "done" as const,
  code: null,
  message: "",
  changed: true,
  output: {},
  startedAt: NOW,
  endedAt: NOW,
};

/** As it is, and where the node may not raise its limit of tracked connections: its repair then does something else. */
function variants(facts: Facts): Facts[] {
  const data = facts.conntrack?.data;
  if (!data) return [facts];
  return [facts, { ...facts, conntrack: { data: { ...data, maxWritable: false, groups: {} }, at: NOW, error: null } }];
}

/** Steps forth and back of each repair. */
const planned = Object.entries(faultFacts).flatMap(([checkId, faults]) =>
  faults
    .flatMap((fault) => variants(fault.facts))
    .flatMap((facts) => {
      const outcome = checkById(checkId)?.evaluate(facts, NOW);
      if (outcome?.status !== "problems") return [];
      return outcome.problems.flatMap(({ subject, params }) => {
        const ctx: RepairContext = { node, finding: { checkId, subject, params }, facts, now: NOW };
        return repairsForCheck(checkId).flatMap((repair) => {
          const plan = repair.plan(ctx);
          if ("nothing" in plan) return [];
          const done = plan.steps.map((step) => ({ step, result: { ...result, output: { position: 1 } } }));
          return [{ id: repair.id, forth: plan.steps, back: repair.undo?.(ctx, done) ?? [] }];
        });
      });
    }),
);
const actionsOf = (id: string, way: "forth" | "back"): CommandAction[] =>
  planned
    .filter((one) => one.id === id)
    .flatMap((one): Step[] => one[way])
    .map(({ action }) => Parsed.parse(action));

const all: readonly RepairDefinition[] = repairs;
describe.each(all.map(({ id }) => id))("%s", (id) => {
  it("uses what the table says, forth and back, and nothing of it in vain", () => {
    const forth = actionsOf(id, "forth");
    const back = actionsOf(id, "back");
    for (const action of forth) expect([action, isUsedBy(id, action, "apply")]).toEqual([action, true]);
    for (const action of back) expect([action, isUsedBy(id, action, "revert")]).toEqual([action, true]);
    const use = uses[id as keyof typeof uses];
    expect([...new Set(forth.map(({ type }) => type))].sort()).toEqual([...use.forth].sort());
    expect(use.back !== undefined).toBe(all.find((repair) => repair.id === id)?.undo !== undefined);
  });
});

const set = (key: string, expected: string, value: string): CommandAction => ({
  type: "sysctl.set",
  params: { key, expected, value },
});
const restart = (mode: "start" | "restart" | "kill-restart"): CommandAction => ({
  type: "module.restart",
  params: { module: "containerd", mode, process: null },
});

describe("near misses", () => {
  it.each<[string, CommandAction, "apply" | "revert"]>([
    ["start-runtime", restart("restart"), "apply"],
    ["restart-hung-runtime", restart("start"), "apply"],
    ["start-runtime", restart("start"), "revert"],
    ["raise-file-max", set("fs.file-max", "100", "50"), "apply"],
    ["raise-file-max", set("fs.file-max", "100", "100"), "apply"],
    ["raise-file-max", set("fs.file-max", "50", "100"), "revert"],
    ["raise-file-max", set("kernel.pid_max", "50", "100"), "apply"],
    ["raise-tcp-memory", set("net.ipv4.tcp_mem", "1 2 3", "9 9 1"), "apply"],
    ["raise-tcp-memory", set("net.ipv4.tcp_mem", "1 2 3", "9"), "apply"],
    ["turn-on-ip-forward", set("net.ipv4.ip_forward", "1", "0"), "apply"],
    ["relax-rp-filter", set("net.ipv4.conf.all.arp_ignore", "1", "0"), "apply"],
    ["reap-orphan-shim", { type: "process.nudge", params: { process: { pid: 1, startTicks: 1 } } }, "apply"],
    ["no-such-repair", restart("start"), "apply"],
    ["constructor", restart("start"), "apply"],
  ])("%s does not use %j, %s", (id, action, direction) => expect(isUsedBy(id, action, direction)).toBe(false));
});
