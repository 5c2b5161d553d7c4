// Tries a definition on its own fixtures. Pure: the same words in the editor, at activation and on the command line.
import type { Outcome } from "../../checks/define.ts";
import { compileDraft, fixtureFacts, STEPS_PER_NODE } from "./compile.ts";
import type { CheckDraft, Fixture, FixtureResult, Tried } from "./schema.ts";

/** An instant for `now`; fixtures that need ages count back from it. */
const FIXTURE_NOW = Date.UTC(2026, 0, 1);
/** Steps of all fixtures together: four nodes' worth; some hundred ms at the very worst. */
const STEPS_MAX = 4 * STEPS_PER_NODE;
/** With so much time gone, ms, the fixtures that are left are not tried. */
const TIME_MAX_MS = 250;

const subjectsOf = (outcome: Outcome): string[] =>
  outcome.status === "problems" ? outcome.problems.map(({ subject }) => subject).sort() : [];

function tryOne(check: { evaluate: ReturnType<typeof evaluator> }, fixture: Fixture): FixtureResult {
  const outcome = check.evaluate(fixture);
  const actual = outcome.status === "problems" ? subjectsOf(outcome) : outcome.status;
  const expected = Array.isArray(fixture.expect) ? [...fixture.expect].sort() : fixture.expect;
  return {
    name: fixture.name,
    isPassed: outcome !== TOO_LATE && JSON.stringify(actual) === JSON.stringify(expected),
    expected,
    actual,
    reason: outcome.status === "unknown" ? outcome.reason : "",
    messages:
      outcome.status === "problems" ? outcome.problems.map(({ subject, message }) => ({ subject, message })) : [],
  };
}

const TOO_LATE: Outcome = { status: "unknown", reason: "not tried: those before it took too long" };

const evaluator =
  (evaluate: (facts: ReturnType<typeof fixtureFacts>, now: number, open: ReadonlySet<string>) => Outcome) =>
  (fixture: Fixture): Outcome =>
    evaluate(fixtureFacts(fixture.facts, FIXTURE_NOW), FIXTURE_NOW, new Set(fixture.open));

/** Whether every fixture comes out as it says. Without fixtures it is not passed: at least one problem and one ok are needed. */
export function tryDraft(id: string, draft: CheckDraft, clock: () => number = () => performance.now()): Tried {
  const until = clock() + TIME_MAX_MS;
  const compiled = compileDraft(id, draft, { left: STEPS_MAX });
  if (!compiled.ok) return { errors: compiled.errors, fixtures: [], isPassed: false };
  const evaluate = evaluator(compiled.check.evaluate);
  const check = { evaluate: (fixture: Fixture) => (clock() < until ? evaluate(fixture) : TOO_LATE) };
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
