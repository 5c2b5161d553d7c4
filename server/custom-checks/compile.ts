// A definition becomes a check like any other: expressions are compiled once, missing facts are unknown by defineCheck, and what an expression cannot answer is unknown too.
import { type Check, defineCheck, type Evidence, type Problem } from "../../checks/define.ts";
import type { FactKind, Facts } from "../../protocol/facts.ts";
import { type Compiled, compileExpression, failureText, type Wanted } from "./cel.ts";
import type { Steps } from "./cel-bounds.ts";
import type { Scope } from "./cel-types.ts";
import { cutText } from "./cut-text.ts";
import type { CheckDraft, DraftError } from "./schema.ts";
import { ANY, factShape, NUMBER, type Shape } from "./shapes.ts";
import { compileTemplate, render, type Template, valueText } from "./template.ts";

/** Steps that a check may take on one node: each turn of a loop, each call and addition is one. Some 20 ms at the very worst. */
export const STEPS_PER_NODE = 20_000;
/** Items that `each` may give, and problems that a check may find on one node; more is "unknown", said so. */
export const ITEMS_MAX = 5_000;
const PROBLEMS_MAX = 100;
const SUBJECT_MAX = 200;
const ITEM_SHOWN_MAX = 2_000;

type Parts = {
  each?: Compiled;
  subject?: Compiled;
  problem?: Compiled;
  clear?: Compiled;
  message: { en?: Template; zh?: Template };
};

type CompiledDraft = { ok: true; check: Check } | { ok: false; errors: DraftError[] };

/**
 * Compiles a definition under an id. Never throws.
 * @param budget steps of all evaluations together, for whoever cannot trust the definition
 */
export function compileDraft(id: string, draft: CheckDraft, budget?: Steps): CompiledDraft {
  const errors: DraftError[] = [];
  const scope = new Map<string, Shape>(draft.needs.map((kind): [string, Shape] => [kind, factShape(kind)]));
  scope.set("now", NUMBER);
  const parts: Parts = { message: {} };
  const expression = (field: string, source: string, names: Scope, wanted: Wanted): Compiled | undefined => {
    const made = compileExpression(source, names, wanted);
    if (made.ok) return made.compiled;
    errors.push({ field, ...made.error });
    return undefined;
  };
  if (draft.each !== undefined) {
    parts.each = expression("each", draft.each, scope, "list");
    const shape = parts.each?.shape;
    scope.set("item", shape?.kind === "list" ? shape.of : ANY);
  }
  if (draft.subject !== undefined) parts.subject = expression("subject", draft.subject, scope, "text");
  else if (draft.each !== undefined)
    errors.push({
      field: "subject",
      message: { en: "With each, say what tells the items apart.", zh: "使用 each 时必须说明如何区分各项。" },
      start: null,
      end: null,
    });
  parts.problem = expression("problem", draft.problem, scope, "bool");
  if (draft.clear !== undefined) parts.clear = expression("clear", draft.clear, scope, "bool");
  for (const language of ["en", "zh"] as const) {
    const text = draft.message[language];
    if (!text) continue;
    const made = compileTemplate(text, scope);
    if (made.ok) parts.message[language] = made.template;
    else errors.push({ field: `message.${language}`, ...made.error });
  }
  if (errors.length > 0) return { ok: false, errors };
  return { ok: true, check: checkOf(id, draft, parts, budget) };
}

const both = (text: { en: string; zh?: string | undefined }) => ({ en: text.en, zh: text.zh || text.en });

/** "too-many-pods" → "TooManyPods". */
const reasonOf = (id: string): string =>
  id
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");

function checkOf(id: string, draft: CheckDraft, parts: Parts, budget: Steps | undefined): Check {
  const { area, severity, needs, raiseAfterMs, clearAfterMs, factTtlMs } = draft;
  const reason = reasonOf(id);
  const source = needs[0] ?? "agent";
  return defineCheck<string, FactKind, Record<string, number>>({
    id,
    title: both(draft.title),
    area,
    severity,
    needs,
    raiseAfterMs,
    clearAfterMs,
    factTtlMs,
    thresholds: {},
    suggestion: both(draft.suggestion),
    repairs: [],
    evaluate: ({ facts, now, open }) => {
      const given = Math.max(0, Math.min(STEPS_PER_NODE, budget?.left ?? STEPS_PER_NODE));
      const steps: Steps = { left: given };
      // What is shown costs no verdict, and is bounded for itself.
      const shown: Steps = { left: given };
      const values: Record<string, unknown> = { ...facts, now };
      const problems: Problem[] = [];
      let where = "";
      try {
        where = "each";
        const items = parts.each ? listOf(parts.each.run(values, steps)) : [undefined];
        for (const item of items) {
          if (item !== undefined) values.item = item;
          where = "subject";
          const subject = parts.subject ? subjectOf(parts.subject.run(values, steps)) : "node";
          where = `problem of ${subject}`;
          if (!stands(parts, values, steps, open.has(subject))) continue;
          if (problems.length >= PROBLEMS_MAX) return { unknown: `more than ${PROBLEMS_MAX} problems on one node` };
          problems.push({
            subject,
            reason,
            message: messageOf(parts, values, steps),
            evidence: evidenceOf(parts, values, shown, item, source),
            params: {},
          });
        }
      } catch (err) {
        // One item that cannot be judged makes the whole outcome unknown: leaving it out would close its finding.
        return { unknown: `${where}: ${failureText(err)}` };
      } finally {
        if (budget) budget.left -= 2 * given - steps.left - shown.left;
      }
      return problems;
    },
  });
}

/** Hysteresis: what is open stays until `clear` is true. */
function stands({ problem, clear }: Parts, values: Record<string, unknown>, steps: Steps, isOpen: boolean): boolean {
  const bool = (name: string, made: Compiled | undefined): boolean => {
    const value = made?.run(values, steps);
    if (typeof value !== "boolean") throw new Error(`${name} gave ${valueText(value)}, not true or false`);
    return value;
  };
  return isOpen && clear ? !bool("clear", clear) : bool("problem", problem);
}

function listOf(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Error(`gave ${valueText(value)}, not a list`);
  if (value.length > ITEMS_MAX) throw new Error(`gave ${value.length} items; ${ITEMS_MAX} are allowed`);
  return value;
}

function subjectOf(value: unknown): string {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "bigint")
    throw new Error(`gave ${valueText(value)}, not text`);
  const text = String(value);
  if (text === "" || text.length > SUBJECT_MAX) throw new Error("must be 1 to 200 characters long");
  return cutText(text, SUBJECT_MAX);
}

function messageOf({ message }: Parts, values: Record<string, unknown>, steps: Steps) {
  const en = message.en ? render(message.en, values, steps) : "";
  return { en, zh: message.zh ? render(message.zh, values, steps) : en };
}

/** What the message was made of, and the item itself. */
function evidenceOf(
  { message }: Parts,
  values: Record<string, unknown>,
  steps: Steps,
  item: unknown,
  source: FactKind,
): Evidence[] {
  const rows: [string, string][] = [];
  for (const part of message.en?.parts ?? []) {
    if (typeof part === "string") continue;
    rows.push([part.source, render({ parts: [part] }, values, steps)]);
  }
  const found: Evidence[] = [];
  if (rows.length > 0)
    found.push({
      label: { en: "What was seen", zh: "所见的值" },
      source,
      kind: "table",
      columns: ["expression", "value"],
      rows,
    });
  if (item !== undefined)
    found.push({
      label: { en: "The item", zh: "该项" },
      source,
      kind: "text",
      value: cutText(JSON.stringify(item, null, 1), ITEM_SHOWN_MAX),
    });
  return found;
}

/** Facts of a fixture: each looked at right now. */
export function fixtureFacts(facts: Partial<Record<FactKind, unknown>>, now: number): Facts {
  return Object.fromEntries(
    Object.entries(facts).map(([kind, data]) => [kind, { data, at: now, error: null }]),
  ) as Facts; // partial on purpose: an expression reads what it reads
}
