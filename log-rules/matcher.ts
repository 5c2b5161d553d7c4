// Which rules a line speaks to: one pass over the line finds the plain texts in it, then only the patterns behind these are asked. RE2 patterns
// (re2js) take time in proportion to the line, whatever stands in it.
import { RE2JS } from "re2js";
import { type LogLine, plainMessage } from "./line.ts";
import { literalsOf } from "./literal.ts";
import { LiteralIndex } from "./literal-index.ts";
import type { LogRule } from "./rule.ts";

export type Role = "match" | "clear" | "follow";
export type Hit = { rule: LogRule; role: Role; captures: Record<string, string> };

type Entry = { rule: LogRule; role: Role; pattern: string };
const CAPTURE_CHARS_MAX = 200;

export class Matcher {
  readonly rules: ReadonlyMap<string, LogRule>;
  readonly #entries: readonly Entry[];
  /** Entries behind each literal of the index. */
  readonly #behind: readonly (readonly number[])[];
  readonly #index: LiteralIndex;
  readonly #compiled = new Map<string, RE2JS>();

  /** @throws Error naming a pattern that cannot be indexed */
  constructor(rules: readonly LogRule[]) {
    this.rules = new Map(rules.map((rule) => [rule.id, rule]));
    this.#entries = rules.flatMap((rule) => [
      ...rule.match.map((pattern) => ({ rule, role: "match" as const, pattern })),
      ...(rule.clear ?? []).map((pattern) => ({ rule, role: "clear" as const, pattern })),
      ...(rule.follow?.match ?? []).map((pattern) => ({ rule, role: "follow" as const, pattern })),
    ]);
    const byLiteral = new Map<string, number[]>();
    this.#entries.forEach((entry, number) => {
      for (const literal of literalsOf(entry.pattern))
        byLiteral.set(literal, [...(byLiteral.get(literal) ?? []), number]);
    });
    this.#index = new LiteralIndex([...byLiteral.keys()]);
    this.#behind = [...byLiteral.values()];
  }

  /** Compiled when first needed: most rules are never asked on a healthy node. */
  #regex(pattern: string): RE2JS {
    let regex = this.#compiled.get(pattern);
    if (!regex) {
      regex = RE2JS.compile(pattern);
      this.#compiled.set(pattern, regex);
    }
    return regex;
  }

  /** What a message (plainMessage) says to which rules; a rule is named once a role, by the first of its patterns that fits. */
  find({ source, text }: Pick<LogLine, "source" | "text">): Hit[] {
    const literals = this.#index.find(text);
    if (literals.length === 0) return [];
    const numbers = new Set(literals.flatMap((literal) => this.#behind[literal] ?? []));
    const hits: Hit[] = [];
    for (const number of [...numbers].sort((a, b) => a - b)) {
      const entry = this.#entries[number];
      if (!entry || (source !== null && !entry.rule.sources.includes(source))) continue;
      if (hits.some((hit) => hit.rule === entry.rule && hit.role === entry.role)) continue;
      const matcher = this.#regex(entry.pattern).matcher(text);
      if (!matcher.find()) continue;
      if (entry.role === "match" && entry.rule.not?.some((pattern) => this.#regex(pattern).matcher(text).find()))
        continue;
      hits.push({ rule: entry.rule, role: entry.role, captures: bounded(matcher.getNamedGroups()) });
    }
    return hits;
  }

  /** The same for a line as it was written. */
  findRaw(source: LogLine["source"], raw: string): Hit[] {
    return this.find({ source, text: plainMessage(raw) });
  }
}

function bounded(groups: Record<string, string | null>): Record<string, string> {
  const captures: Record<string, string> = {};
  for (const [name, value] of Object.entries(groups))
    if (value !== null && value !== "") captures[name] = value.slice(0, CAPTURE_CHARS_MAX);
  return captures;
}

/** Names that a hit goes by, here and elsewhere. */
export const namesOf = ({ rule, role }: Pick<Hit, "rule" | "role">): readonly string[] =>
  role === "clear" ? (rule.clearAliases ?? []) : [rule.id, ...rule.aliases];
