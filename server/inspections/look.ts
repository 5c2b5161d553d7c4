// One look at one node: every check on its facts, what becomes of each finding, and when to look again. Pure; evaluate.ts loads and stores.
import type { Check, Outcome, Problem } from "../../checks/define.ts";
import { toPgText } from "../agents/pg-json.ts";
import { type Asked, changesWithin } from "./clock.ts";
import type { NodeView } from "./facts.ts";
import {
  type FindingLife,
  isHidden,
  lifeChangesAt,
  nextLife,
  type Predecessor,
  type Sighting,
  timingOf,
} from "./life.ts";

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

export type Look = {
  results: CheckResult[];
  steps: FindingStep[];
  errors: { checkId: string; message: string }[];
  /** When the clock alone changes something of this, epoch ms of the console; null when nothing does as far as was asked. */
  changesAt: number | null;
};

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

const wasShown = ({ life }: LiveFinding): boolean => life.state !== "pending" || isHidden(life);

type LookInput = {
  /** Causes before what they cause. */
  checks: readonly Check[];
  /** Ids of checks whose findings nobody sees: they hide nothing. */
  shadow?: ReadonlySet<string>;
  /** Only these are asked; findings of the others stay as they are and count as causes. */
  only?: ReadonlySet<string> | undefined;
  view: NodeView;
  /** All findings of the node that are not closed. */
  live: readonly LiveFinding[];
  /** The last closed finding of an identity, when it closed lately. */
  predecessor: (checkId: string, subject: string) => Predecessor | null;
  /** Since when the check's outcome is unknown, null when it was not; console's clock. */
  unknownSince?: (checkId: string) => number | null;
  /** The console's clock, ms; finding times are ours, whatever the node's clock says. */
  now: number;
  /** How far to ask ahead for `changesAt`, ms; 0 for not at all. */
  aheadMs?: number;
};

/** What stands on the node while its checks are asked in turn. */
type Standing = { any: Set<string>; raised: Set<string> };

export function lookAtNode(input: LookInput): Look {
  const { checks, shadow = new Set<string>(), only, view, live, predecessor, unknownSince = () => null, now } = input;
  const look: Look = { results: [], steps: [], errors: [], changesAt: null };
  const standing: Standing = { any: new Set(), raised: new Set() };
  const asked: Asked[] = [];
  const mind = (at: number | null) => {
    if (at !== null && (look.changesAt === null || at < look.changesAt)) look.changesAt = at;
  };
  const stands = (check: Check, life: FindingLife | null) => {
    if (!life || life.state === "closed" || shadow.has(check.id)) return;
    standing.any.add(check.id);
    if (life.state !== "pending") standing.raised.add(check.id);
  };
  const byCheck = Map.groupBy(live, ({ checkId }) => checkId);
  for (const check of checks) {
    const own = byCheck.get(check.id) ?? [];
    if (only && !only.has(check.id)) {
      for (const { life } of own) stands(check, life);
      continue;
    }
    const open = new Set(own.filter(wasShown).map(({ subject }) => subject));
    const outcome = askCheck(check, view, open);
    asked.push({ check, outcome, open });
    if (outcome.isError && outcome.status === "unknown")
      look.errors.push({ checkId: check.id, message: outcome.reason });
    look.results.push(resultOf(check.id, outcome));
    const timing = timingOf(check);
    const problems = problemsOf(outcome);
    const cause = causeOf(check, standing);
    const step = (before: LiveFinding | null, subject: string, sighting: Sighting) => {
      const after = nextLife(before?.life ?? null, sighting, now, timing, predecessor(check.id, subject));
      stands(check, after);
      mind(lifeChangesAt(after, sighting, timing));
      look.steps.push({ before, after, checkId: check.id, subject, problem: problems.get(subject) ?? null });
    };
    for (const finding of own) {
      if (problems.has(finding.subject)) step(finding, finding.subject, { type: "problem", cause });
      else if (outcome.status === "unknown")
        step(finding, finding.subject, { type: "unknown", since: unknownSince(check.id) ?? now });
      else step(finding, finding.subject, { type: "clear", isRepaired: finding.isRepaired });
    }
    const known = new Set(own.map(({ subject }) => subject));
    for (const subject of problems.keys()) if (!known.has(subject)) step(null, subject, { type: "problem", cause });
  }
  const inCatalogue = new Set(checks.map(({ id }) => id));
  for (const finding of live.filter(({ checkId }) => !inCatalogue.has(checkId))) {
    const after = nextLife(finding.life, { type: "check-removed" }, now, NO_TIMES);
    look.steps.push({ before: finding, after, checkId: finding.checkId, subject: finding.subject, problem: null });
  }
  const aheadMs = input.aheadMs ?? 0;
  const within = aheadMs > 0 ? changesWithin(asked, view, aheadMs, askCheck) : null;
  mind(within === null ? null : now + within);
  return look;
}

const NO_TIMES = { raiseAfterMs: 0, clearAfterMs: 0, expireAfterMs: 0 };

function causeOf(check: Check, standing: Standing): "none" | "standing" | "raised" {
  const causes = check.dependsOn ?? [];
  if (causes.some((id) => standing.raised.has(id))) return "raised";
  return causes.some((id) => standing.any.has(id)) ? "standing" : "none";
}

/** A subject is a key of the index on living findings: longer ones are cut, characters. */
const SUBJECT_MAX = 500;

/** By subject as it can be stored, so that a look finds again what the last one wrote; one named twice is told once. */
function problemsOf(outcome: Outcome): ReadonlyMap<string, Problem> {
  const problems = new Map<string, Problem>();
  if (outcome.status !== "problems") return problems;
  for (const problem of outcome.problems) {
    const subject = toPgText(problem.subject, SUBJECT_MAX);
    if (!problems.has(subject)) problems.set(subject, { ...problem, subject });
  }
  return problems;
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
