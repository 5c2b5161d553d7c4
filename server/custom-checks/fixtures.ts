// Tries a definition on its own fixtures. Pure: the same words in the editor, at activation and on the command line.
import type { Outcome } from "../../checks/define.ts";
import { compileDraft, fixtureFacts } from "./compile.ts";
import type { CheckDraft, Fixture, FixtureResult, Tried } from "./schema.ts";

/** An instant for `now`; fixtures that need ages count back from it. */
const FIXTURE_NOW = Date.UTC(2026, 0, 1);

const subjectsOf = (outcome: Outcome): string[] =>
  outcome.status === "problems" ? outcome.problems.map(({ subject }) => subject).sort() : [];

function tryOne(check: { evaluate: ReturnType<typeof evaluator> }, fixture: Fixture): FixtureResult {
  const outcome = check.evaluate(fixture);
  const actual = outcome.status === "problems" ? subjectsOf(outcome) : outcome.status;
  const expected = Array.isArray(fixture.expect) ? [...fixture.expect].sort() : fixture.expect;
  return {
    name: fixture.name,
    isPassed: JSON.stringify(actual) === JSON.stringify(expected),
    expected,
    actual,
    reason: outcome.status === "unknown" ? outcome.reason : "",
    messages:
      outcome.status === "problems" ? outcome.problems.map(({ subject, message }) => ({ subject, message })) : [],
  };
}

const evaluator =
  (evaluate: (facts: ReturnType<typeof fixtureFacts>, now: number, open: ReadonlySet<string>) => Outcome) =>
  (fixture: Fixture): Outcome =>
    evaluate(fixtureFacts(fixture.facts, FIXTURE_NOW), FIXTURE_NOW, new Set(fixture.open));

/** Whether every fixture comes out as it says. Without fixtures it is not passed: at least one problem and one ok are needed. */
export function tryDraft(id: string, draft: CheckDraft): Tried {
  const compiled = compileDraft(id, draft);
  if (!compiled.ok) return { errors: compiled.errors, fixtures: [], isPassed: false };
  const check = { evaluate: evaluator(compiled.check.evaluate) };
  const fixtures = draft.fixtures.map((fixture) => tryOne(check, fixture));
  return {
    errors: [],
    fixtures,
    isPassed: fixtures.every(({ isPassed }) => isPassed) && missingKinds(draft).length === 0,
  };
}

/** What the fixtures must still show: a check that never finds or always finds says nothing. */
export function missingKinds({ fixtures }: CheckDraft): ("problem" | "ok")[] {
  const has = (is: (fixture: Fixture) => boolean) => fixtures.some(is);
  return [
    ...(has(({ expect }) => Array.isArray(expect)) ? [] : (["problem"] as const)),
    ...(has(({ expect }) => expect === "ok") ? [] : (["ok"] as const)),
  ];
}
