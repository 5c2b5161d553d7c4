// How tests ask checks and repairs: facts in, problems out; finding in, guards and steps out.
import type { Check, Problem } from "../checks/define.ts";
import { checkById } from "../checks/index.ts";
import type { CommandAction, CommandResult } from "../protocol/commands.ts";
import type { Facts } from "../protocol/facts.ts";
import type { DoneStep, RepairContext, RepairDefinition } from "../repairs/define.ts";
import { NOW } from "./facts.ts";

/** Problems of a check, none when it is ok. @throws when the outcome is unknown */
export function problemsOf(check: Check, facts: Facts, open: readonly string[] = []): Problem[] {
  const outcome = check.evaluate(facts, NOW, new Set(open));
  if (outcome.status === "unknown") throw new Error(`${check.id} is unknown: ${outcome.reason}`);
  return outcome.status === "problems" ? outcome.problems : [];
}

/** Why a check cannot say, null when it can. */
export function unknownOf(check: Check, facts: Facts): string | null {
  const outcome = check.evaluate(facts, NOW);
  return outcome.status === "unknown" ? outcome.reason : null;
}

/** The context of a repair for the (only, or named) problem that a check sees in `seen`; guards then look at `facts`. */
export function contextOf(checkId: string, seen: Facts, facts: Facts = seen, subject?: string): RepairContext {
  const check = checkById(checkId);
  const problem = check && problemsOf(check, seen).find((p) => subject === undefined || p.subject === subject);
  if (!problem) throw new Error(`${checkId} sees no problem${subject ? ` of ${subject}` : ""}`);
  const finding = { checkId, subject: problem.subject, params: problem.params };
  return { node: { id: "0193d7a0-0000-7000-8000-000000000001", name: "node-1" }, finding, facts, now: NOW };
}

/** Ids of the guards that do not hold. */
export const refusals = (repair: RepairDefinition, ctx: RepairContext): string[] =>
  repair
    .guards(ctx)
    .filter((guard) => !guard.ok)
    .map((guard) => guard.id);

/** Actions of the plan; empty when there is nothing to do. */
export function actionsOf(repair: RepairDefinition, ctx: RepairContext): CommandAction[] {
  const plan = repair.plan(ctx);
  return "nothing" in plan ? [] : plan.steps.map((step) => step.action);
}

/** Actions that take back a plan of which every step was carried out (`changed`) or was not. */
export function undoOf(repair: RepairDefinition, ctx: RepairContext, changed: boolean): CommandAction[] {
  const plan = repair.plan(ctx);
  const steps = "nothing" in plan ? [] : plan.steps;
  const result: CommandResult = {
    commandId: "0193d7a0-0000-7000-8000-000000000002",
    status: changed ? "done" : "refused",
    code: changed ? null : "target-changed",
    message: "",
    changed,
    output: {},
    startedAt: NOW,
    endedAt: NOW,
  };
  const done: DoneStep[] = steps.map((step) => ({ step, result }));
  return (repair.undo?.(ctx, done) ?? []).map((step) => step.action);
}

/** The item at that place. @throws when there is none */
export function nth<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no item ${index} of ${list.length}`);
  return item;
}
