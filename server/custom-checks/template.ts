// A message with CEL in `{{ }}`: compiled once, rendered for each problem. A value that is not there never hides the problem: it reads "–".
import type { Context } from "@marcbachmann/cel-js";
import { type Compiled, compileExpression, type ExpressionError } from "./cel.ts";
import type { Steps } from "./cel-bounds.ts";
import type { Scope } from "./cel-types.ts";
import { cutText } from "./cut-text.ts";

/** Longest rendered message, characters; longest value in it. */
const MESSAGE_MAX = 600;
const VALUE_MAX = 200;
/** Most places in one message. */
const PLACES_MAX = 20;

export type Template = { parts: (string | { source: string; compiled: Compiled })[] };

/** The error's offsets count in the whole text. */
export function compileTemplate(
  text: string,
  scope: Scope,
): { ok: true; template: Template } | { ok: false; error: ExpressionError } {
  const parts: Template["parts"] = [];
  let at = 0;
  for (let places = 0; at < text.length; places += 1) {
    const open = text.indexOf("{{", at);
    if (open === -1) break;
    const close = text.indexOf("}}", open + 2);
    if (close === -1 || places >= PLACES_MAX) {
      const [en, zh] =
        close === -1
          ? ["{{ is not closed by }}.", "{{ 没有以 }} 闭合。"]
          : [`A message may have ${PLACES_MAX} places.`, `一条消息最多 ${PLACES_MAX} 处取值。`];
      return { ok: false, error: { message: { en, zh }, start: open, end: text.length } };
    }
    if (open > at) parts.push(text.slice(at, open));
    const source = text.slice(open + 2, close);
    const made = compileExpression(source, scope, "any");
    if (!made.ok) {
      const { message, start, end } = made.error;
      return {
        ok: false,
        error: { message, start: open + 2 + (start ?? 0), end: open + 2 + (end ?? source.length) },
      };
    }
    parts.push({ source: source.trim(), compiled: made.compiled });
    at = close + 2;
  }
  if (at < text.length) parts.push(text.slice(at));
  return { ok: true, template: { parts } };
}

/** A value as people read it: numbers with at most two decimals. */
export function valueText(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") return String(Math.round(value * 100) / 100);
  const text =
    typeof value === "object"
      ? JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? Number(one) : one))
      : String(value);
  return cutText(text, VALUE_MAX);
}

/** @throws nothing */
export function render({ parts }: Template, values: Context, steps: Steps): string {
  const text = parts
    .map((part) => {
      if (typeof part === "string") return part;
      try {
        return valueText(part.compiled.run(values, steps));
      } catch {
        return "–"; // the problem stands without it
      }
    })
    .join("");
  return cutText(text, MESSAGE_MAX);
}
