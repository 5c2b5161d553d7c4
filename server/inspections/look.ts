// One look at one node: every check on its facts, and what becomes of each finding. Pure; evaluate.ts loads and stores.
import type { Check, Outcome, Problem } from "../../checks/define.ts";
import type { NodeView } from "./facts.ts";
import { type FindingLife, nextLife, type Predecessor, type Sighting } from "./life.ts";

/** A finding that is not closed, as stored. */
export type LiveFinding = { id: string; checkId: string; subject: string; life: FindingLife; isRepaired: boolean };
export type CheckResult = { checkId: string; status: "ok" | "problem" | "unknown"; reason: string };
/** `before` null: new. `after` null: the debounce ended without a finding. `problem` null: not seen now. */
export type FindingStep = {
  before: LiveFinding | null;
  after: FindingLife | null;
  checkId: string;
  subject: string;
  problem: Problem | null;
};

export type Look = { results: CheckResult[]; steps: FindingStep[]; errors: { checkId: string; message: string }[] };

/** Runs one check; an exception in it is its outcome "unknown", never more. */
export function askCheck(check: Check, view: NodeView, open: ReadonlySet<string>): Outcome & { isError?: boolean } {
  try {
    return check.evaluate(view.facts, view.now, open);
  } catch (err) {
    return {
      status: "unknown",
      reason: `the check failed: ${err instanceof Error ? err.message : String(err)}`,
      isError: true,
    };
  }
}

const isRaised = ({ life }: LiveFinding): boolean => life.state !== "pending";

/**
 * @param checks causes before what they cause
 * @param live all findings of the node that are not closed
 * @param predecessor the last closed finding of an identity, when it closed lately
 * @param now the console's clock, ms; finding times are ours, whatever the node's clock says
 */
export function lookAtNode(input: {
  checks: readonly Check[];
  view: NodeView;
  live: readonly LiveFinding[];
  predecessor: (checkId: string, subject: string) => Predecessor | null;
  now: number;
}): Look {
  const { checks, view, live, predecessor, now } = input;
  const look: Look = { results: [], steps: [], errors: [] };
  const standing = new Set<string>();
  for (const check of checks) {
    const own = live.filter(({ checkId }) => checkId === check.id);
    const outcome = askCheck(check, view, new Set(own.filter(isRaised).map(({ subject }) => subject)));
    if (outcome.isError && outcome.status === "unknown")
      look.errors.push({ checkId: check.id, message: outcome.reason });
    const problems = new Map<string, Problem>();
    if (outcome.status === "problems") {
      for (const problem of outcome.problems)
        if (!problems.has(problem.subject)) problems.set(problem.subject, problem);
    }
    look.results.push(resultOf(check.id, outcome));
    const isSuppressed = (check.dependsOn ?? []).some((cause) => standing.has(cause));
    const step = (before: LiveFinding | null, subject: string, sighting: Sighting) => {
      const after = nextLife(before?.life ?? null, sighting, now, check, predecessor(check.id, subject));
      if (after && after.state !== "closed") standing.add(check.id);
      look.steps.push({ before, after, checkId: check.id, subject, problem: problems.get(subject) ?? null });
    };
    for (const finding of own) {
      if (problems.has(finding.subject)) step(finding, finding.subject, { type: "problem", isSuppressed });
      else if (outcome.status === "unknown") step(finding, finding.subject, { type: "unknown" });
      else step(finding, finding.subject, { type: "clear", isRepaired: finding.isRepaired });
    }
    for (const subject of problems.keys()) {
      if (!own.some((finding) => finding.subject === subject)) step(null, subject, { type: "problem", isSuppressed });
    }
  }
  const known = new Set(checks.map(({ id }) => id));
  for (const finding of live.filter(({ checkId }) => !known.has(checkId))) {
    const after = nextLife(finding.life, { type: "check-removed" }, now, { raiseAfterMs: 0, clearAfterMs: 0 });
    look.steps.push({ before: finding, after, checkId: finding.checkId, subject: finding.subject, problem: null });
  }
  return look;
}

function resultOf(checkId: string, outcome: Outcome): CheckResult {
  if (outcome.status === "unknown") return { checkId, status: "unknown", reason: outcome.reason };
  if (outcome.status === "ok") return { checkId, status: "ok", reason: "" };
  const subjects = outcome.problems.map(({ reason, subject }) => `${reason} ${subject}`);
  return {
    checkId,
    status: "problem",
    reason: subjects.slice(0, 3).join(", ") + (subjects.length > 3 ? ` and ${subjects.length - 3} more` : ""),
  };
}
