// The problem itself as a guard: the check that found it is asked again, on the facts of this moment.
import type { Check, Problem } from "../../checks/define.ts";
import { t } from "../../checks/text.ts";
import type { Guard, RepairContext } from "../define.ts";
import { stillThere } from "../guards.ts";

/** The finding's problem as its check sees it now (with the finding open); undefined when it is gone or nobody can say. */
export function problemNow(ctx: RepairContext, check: Check): Problem | undefined {
  const outcome = check.evaluate(ctx.facts, ctx.now, new Set([ctx.finding.subject]));
  return outcome.status === "problems" ? outcome.problems.find((p) => p.subject === ctx.finding.subject) : undefined;
}

/** The check still raises it. */
export const stillRaised = (ctx: RepairContext, check: Check): Guard =>
  stillThere(problemNow(ctx, check)?.message.en ?? null);

/** A guard from a condition and its proof. */
export const guard = (id: string, en: string, zh: string, ok: boolean, detail: string): Guard => ({
  id,
  title: t(en, zh),
  ok,
  detail,
});
