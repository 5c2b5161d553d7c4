// Conditions on the result of a measurement, as an AnalysisTemplate of Argo Rollouts states them, and the phase they give. The door of this folder.
import { check } from "./check.ts";
import { environment, fromJson } from "./environment.ts";
import { frameOf, run } from "./run.ts";
import { parseCondition } from "./syntax.ts";
import { ConditionError, type ErrorKind } from "./tokens.ts";
import { nameOf, typeOf } from "./types.ts";

export type Answer = { ok: true; value: boolean } | { ok: false; kind: ErrorKind; message: string };

/** A condition on a result (JSON). Whatever is wrong with either is an answer, never an exception. */
export function evaluateCondition(result: unknown, condition: string): Answer {
  try {
    const names = environment(fromJson(result));
    const tree = parseCondition(condition);
    check(tree, { names: new Map([...names].map(([name, { type }]) => [name, type])), elements: [] });
    const value = run(tree, frameOf(new Map([...names].map(([name, entry]) => [name, entry.value]))));
    if (typeof value === "boolean") return { ok: true, value };
    return { ok: false, kind: "type", message: `expected bool, but got ${nameOf(typeOf(value))}` };
  } catch (err) {
    if (!(err instanceof ConditionError)) throw err;
    return { ok: false, kind: err.kind, message: err.message };
  }
}

/** Inconclusive: neither condition holds; a person decides. Error: a condition could not be evaluated. */
export type Phase = "Successful" | "Failed" | "Inconclusive" | "Error";

export type Conditions = { success?: string; failure?: string };

/** The phase of one measurement. Failure wins over success; with only one condition the other is its opposite; with none everything succeeds. */
export function phaseOf(result: unknown, conditions: Conditions): { phase: Phase; message: string | null } {
  const { success = "", failure = "" } = conditions;
  const succeeded = success === "" ? null : evaluateCondition(result, success);
  if (succeeded && !succeeded.ok) return broken("successCondition", success, succeeded.message, result);
  const failed = failure === "" ? null : evaluateCondition(result, failure);
  if (failed && !failed.ok) return broken("failureCondition", failure, failed.message, result);
  const isSuccess = succeeded ? succeeded.value : !failed?.value;
  const isFailure = failed ? failed.value : succeeded ? !succeeded.value : false;
  return { phase: isFailure ? "Failed" : isSuccess ? "Successful" : "Inconclusive", message: null };
}

function broken(which: string, condition: string, why: string, result: unknown): { phase: Phase; message: string } {
  const isEmpty = result === null || result === undefined || (Array.isArray(result) && result.length === 0);
  const reason = isEmpty ? "metric result is nil or empty: no data returned from the metric provider" : why;
  return { phase: "Error", message: `could not evaluate ${which} "${condition}": ${reason}` };
}

/** The phase of a canary analysis by its score of 0–100. Both limits are inclusive, and whole numbers. */
export function scorePhase(score: number, limits: { pass: number; marginal: number }): Phase {
  if (score >= limits.pass) return "Successful";
  return score >= limits.marginal ? "Inconclusive" : "Failed";
}
