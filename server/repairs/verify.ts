// Asks the checks that a repair must turn green, on facts that are newer than its last step. Pure.
import type { Check } from "../../checks/define.ts";
import type { FactKind } from "../../protocol/facts.ts";
import type { Text } from "../../protocol/text.ts";
import type { NodeView } from "../inspections/facts.ts";
import { askCheck } from "../inspections/look.ts";

/**
 * An agent sends a fact only when it changed. When it has had a live session for this long after the last step, a fact that did not come
 * again did not change: every kind is looked at within this, ms.
 */
export const CONFIRMED_BY_SILENCE_MS = 35_000;

type Verified = { checkId: string; title: Text; status: "ok" | "problem" | "unknown"; reason: string };
export type Verification = {
  checks: Verified[] /** Null when all is well. */;
  wrong: Text | null /** Kinds that must be looked at again. */;
  collect: FactKind[];
};

/**
 * Green means: no problem of any of these checks with the finding's subject. Checks that had one must say so themselves – unknown is not green;
 * for the others it is enough that they raise nothing.
 *
 * @param after end of the last step, in the node's clock, ms
 * @param had checks that had a finding with this subject
 */
export function verify(input: {
  checks: readonly Check[];
  view: NodeView;
  subject: string | null;
  had: ReadonlySet<string>;
  after: number;
}): Verification {
  const { checks, view, subject, had, after } = input;
  const isFresh = (kind: FactKind): boolean => {
    if ((view.lookedAt.get(kind) ?? 0) >= after) return true;
    return (view.facts[kind]?.at ?? 0) - after >= CONFIRMED_BY_SILENCE_MS;
  };
  const collect = [...new Set(checks.flatMap(({ needs }) => needs))].filter((kind) => !isFresh(kind));
  const results = checks.map((check): Verified => {
    const stale = check.needs.filter((kind) => !isFresh(kind));
    const base = { checkId: check.id, title: check.title };
    if (stale.length > 0) return { ...base, status: "unknown", reason: `waiting for newer facts: ${stale.join(", ")}` };
    const outcome = askCheck(check, view, new Set(subject === null ? [] : [subject]));
    if (outcome.status === "unknown") return { ...base, status: "unknown", reason: outcome.reason };
    const problem =
      outcome.status === "problems"
        ? outcome.problems.find((p) => subject === null || p.subject === subject)
        : undefined;
    return problem ? { ...base, status: "problem", reason: problem.message.en } : { ...base, status: "ok", reason: "" };
  });
  const wrong = results.filter(
    ({ checkId, status }) => status === "problem" || (status === "unknown" && (had.has(checkId) || had.size === 0)),
  );
  if (wrong.length === 0) return { checks: results, wrong: null, collect: [] };
  const words = wrong.map(({ title, status, reason }) => ({ title, status, reason }));
  return {
    checks: results,
    wrong: {
      en: words
        .map((w) => `${w.title.en} ${w.status === "problem" ? "still stands" : "is unknown"} (${w.reason})`)
        .join("; "),
      zh: words
        .map((w) => `${w.title.zh}${w.status === "problem" ? "仍然存在" : "状态未知"}（${w.reason}）`)
        .join("；"),
    },
    collect: [
      ...new Set([
        ...collect,
        ...checks.filter(({ id }) => wrong.some((w) => w.checkId === id)).flatMap(({ needs }) => needs),
      ]),
    ],
  };
}
