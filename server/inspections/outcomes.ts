// What the last look at a node came to, as one row keeps it: problems and unknowns by check; whatever is in neither is ok, when it was asked. Pure.
import { z } from "zod";
import type { CheckResult } from "./look.ts";

/** Key among the unknowns that says: no check at all could judge this node. */
export const NOTHING_KNOWN = "*";

const Outcomes = z.object({
  /** Check → since when, epoch ms. */
  problems: z.record(z.string(), z.number()).catch({}),
  unknowns: z.record(z.string(), z.object({ since: z.number(), reason: z.string() })).catch({}),
});
export type Outcomes = z.infer<typeof Outcomes>;
export type Status = "ok" | "problem" | "unknown";

/** As stored in node_inspection. What cannot be read counts as nothing. */
export const toOutcomes = (row: { problems: unknown; unknowns: unknown } | null | undefined): Outcomes =>
  Outcomes.parse({ problems: row?.problems ?? {}, unknowns: row?.unknowns ?? {} });

/** How a check stands, since when (null: nobody noted), and why it is unknown. A node that was never looked at knows nothing. */
export function statusOf(
  { problems, unknowns }: Outcomes,
  checkId: string,
): { status: Status; since: number | null; reason: string } {
  const since = Object.hasOwn(problems, checkId) ? problems[checkId] : undefined;
  if (since !== undefined) return { status: "problem", since, reason: "" };
  const unknown = Object.hasOwn(unknowns, checkId) ? unknowns[checkId] : undefined;
  return unknown ? { status: "unknown", ...unknown } : { status: "ok", since: null, reason: "" };
}

/** Hash of the fleet's catalogue when the last whole look asked it, as the row's digest (survey.ts) keeps it; empty for none. */
export const catalogueIn = (digest: string): string => digest.split(" ")[1]?.split("~")[0] ?? "";

/** How a check stands for those who read the row now: what the last whole look did not ask, or asked otherwise, is not known to be well. */
export function statusNow(
  row: { problems: unknown; unknowns: unknown; digest: string },
  checkId: string,
  catalogue: string,
): ReturnType<typeof statusOf> {
  const status = statusOf(toOutcomes(row), checkId);
  if (status.status !== "ok" || catalogueIn(row.digest) === catalogue) return status;
  return { status: "unknown", since: null, reason: "not looked at yet" };
}

/**
 * The outcomes after a look.
 * @param isPartial only some checks were asked; the others stay as they were
 * @returns also whether any check's status is another one than before
 */
export function mergeOutcomes(
  before: Outcomes,
  results: readonly CheckResult[],
  now: number,
  isPartial: boolean,
): { outcomes: Outcomes; isChanged: boolean } {
  const asked = new Set(results.map(({ checkId }) => checkId));
  const keep = <T>(map: Record<string, T>) =>
    Object.entries(map).filter(([id]) => isPartial && !asked.has(id) && id !== NOTHING_KNOWN);
  const problems = new Map(keep(before.problems));
  const unknowns = new Map(keep(before.unknowns));
  for (const { checkId, status, reason } of results) {
    const was = statusOf(before, checkId);
    if (status === "problem") problems.set(checkId, was.status === "problem" ? (was.since ?? now) : now);
    if (status === "unknown")
      unknowns.set(checkId, { since: was.status === "unknown" ? (was.since ?? now) : now, reason });
  }
  const knew = before.unknowns[NOTHING_KNOWN];
  const knowsNothing = results.every(({ status }) => status === "unknown") && (!isPartial || knew !== undefined);
  if (knowsNothing) unknowns.set(NOTHING_KNOWN, { since: knew?.since ?? now, reason: "" });
  const outcomes = { problems: Object.fromEntries(problems), unknowns: Object.fromEntries(unknowns) };
  const keys = (map: object) => Object.keys(map).sort().join();
  const isChanged =
    keys(before.problems) !== keys(outcomes.problems) || keys(before.unknowns) !== keys(outcomes.unknowns);
  return { outcomes, isChanged };
}
