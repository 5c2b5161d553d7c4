// What stands in the editor's fields, and how it becomes a definition. Pure.
import { CheckDraft, CheckId, type CheckDraft as Draft } from "../../../../../server/custom-checks/schema.ts";

/** The fields as people type them. */
export type Fields = {
  id: string;
  titleEn: string;
  titleZh: string;
  area: string;
  severity: string;
  /** Fact kinds, separated by blanks. */
  needs: string;
  each: string;
  subject: string;
  problem: string;
  clear: string;
  messageEn: string;
  messageZh: string;
  suggestionEn: string;
  suggestionZh: string;
  raiseAfterS: string;
  clearAfterS: string;
  factTtlS: string;
  /** JSON list. */
  fixtures: string;
};

/** A first example that works: memory of a node. */
export const exampleFields: Fields = {
  id: "swap-in-use",
  titleEn: "Swap in use",
  titleZh: "正在使用交换区",
  area: "memory",
  severity: "info",
  needs: "resources",
  each: "",
  subject: "",
  problem: "resources.swapUsedRatio > 0.2",
  clear: "resources.swapUsedRatio < 0.1",
  messageEn: "{{ int(resources.swapUsedRatio * 100.0) }} % of swap is used.",
  messageZh: "交换区已使用 {{ int(resources.swapUsedRatio * 100.0) }} %。",
  suggestionEn: "Find out which container grew before it was pushed out.",
  suggestionZh: "先查明是哪个容器的内存增长导致换出。",
  raiseAfterS: "30",
  clearAfterS: "30",
  factTtlS: "300",
  fixtures: JSON.stringify(
    [
      { name: "a third", facts: { resources: { swapUsedRatio: 0.33 } }, expect: ["node"] },
      { name: "none", facts: { resources: { swapUsedRatio: 0 } }, expect: "ok" },
      { name: "no facts", facts: {}, expect: "unknown" },
    ],
    null,
    2,
  ),
};

/** The fields of a saved definition. */
export const fieldsOf = (id: string, draft: Draft): Fields => ({
  id,
  titleEn: draft.title.en,
  titleZh: draft.title.zh ?? "",
  area: draft.area,
  severity: draft.severity,
  needs: draft.needs.join(" "),
  each: draft.each ?? "",
  subject: draft.subject ?? "",
  problem: draft.problem,
  clear: draft.clear ?? "",
  messageEn: draft.message.en,
  messageZh: draft.message.zh ?? "",
  suggestionEn: draft.suggestion.en,
  suggestionZh: draft.suggestion.zh ?? "",
  raiseAfterS: String(draft.raiseAfterMs / 1_000),
  clearAfterS: String(draft.clearAfterMs / 1_000),
  factTtlS: String(draft.factTtlMs / 1_000),
  fixtures: JSON.stringify(draft.fixtures, null, 2),
});

export type Read = { id: string | null; draft: Draft | null; faults: Record<string, string> };

const words = (en: string, zh: string) => (zh.trim() ? { en, zh } : { en });
const optional = (text: string) => (text.trim() ? text : undefined);

/** Parses the fields. `faults` name the field of the schema ("problem", "title.en"): those of form; the server says what an expression means. */
export function readFields(fields: Fields): Read {
  const faults: Record<string, string> = {};
  let fixtures: unknown = [];
  try {
    fixtures = JSON.parse(fields.fixtures || "[]");
  } catch (err) {
    faults.fixtures = err instanceof Error ? err.message : "JSON";
  }
  const parsed = CheckDraft.safeParse({
    title: words(fields.titleEn, fields.titleZh),
    area: fields.area,
    severity: fields.severity,
    needs: fields.needs.split(/[\s,]+/).filter(Boolean),
    each: optional(fields.each),
    subject: optional(fields.subject),
    problem: fields.problem,
    clear: optional(fields.clear),
    message: words(fields.messageEn, fields.messageZh),
    suggestion: words(fields.suggestionEn, fields.suggestionZh),
    raiseAfterMs: Number(fields.raiseAfterS) * 1_000,
    clearAfterMs: Number(fields.clearAfterS) * 1_000,
    factTtlMs: Number(fields.factTtlS) * 1_000,
    fixtures,
  });
  if (!parsed.success)
    for (const issue of parsed.error.issues) {
      const path = issue.path.join(".");
      faults[path] ??= issue.message;
    }
  const id = CheckId.safeParse(fields.id);
  if (!id.success) faults.id = id.error.issues[0]?.message ?? "id";
  return { id: id.success ? id.data : null, draft: parsed.success && !faults.fixtures ? parsed.data : null, faults };
}

/** The fault of a field or of anything in it. */
export function faultOf(faults: Record<string, string>, field: string): string | null {
  const key = Object.keys(faults).find((one) => one === field || one.startsWith(`${field}.`));
  return key === undefined ? null : (faults[key] ?? null);
}
