// One CEL expression: parsed by the library, its names and types checked against the facts' shapes, then bounded – steps, text, lists – and run.
import { type Context, Environment } from "@marcbachmann/cel-js";
import type { Text } from "../../protocol/text.ts";
import { joinBounded, linearMatch, type Node, prepare, type Steps } from "./cel-bounds.ts";
import { type Scope, typeOf } from "./cel-types.ts";
import { cutText } from "./cut-text.ts";
import { Refusal } from "./refusal.ts";
import { EXPRESSION_CHARS_MAX } from "./schema.ts";
import { type Shape, shapeName } from "./shapes.ts";

export type ExpressionError = { message: Text; start: number | null; end: number | null };
export type Compiled = {
  /** What it gives, as far as it can be known. */
  shape: Shape;
  /** @throws Error when a value is not there or of another type, or `steps` are used up: the caller's outcome is then unknown */
  run: (values: Context, steps: Steps) => unknown;
};
export type Wanted = "bool" | "list" | "text" | "any";

const limits = { maxAstNodes: 300, maxDepth: 24, maxListElements: 100, maxMapEntries: 20, maxCallArguments: 4 };

/** The language: CEL with whole and broken numbers mixed as people do, `matches` in linear time. Made once; clones share it. */
const base = new Environment({ limits, homogeneousAggregateLiterals: false })
  .registerFunction("string.matchesLinear(string): bool", (text: string, pattern: string) => linearMatch(pattern, text))
  .registerFunction("list.joinBounded(): string", (list: unknown[]) => joinBounded(list, ""))
  .registerFunction("list.joinBounded(string): string", (list: unknown[], by: string) => joinBounded(list, by));
type N = number | bigint;
for (const [left, right] of [
  ["int", "double"],
  ["double", "int"],
] as const) {
  base
    .registerOperator(`${left} + ${right}: double`, (a: N, b: N) => Number(a) + Number(b))
    .registerOperator(`${left} - ${right}: double`, (a: N, b: N) => Number(a) - Number(b))
    .registerOperator(`${left} * ${right}: double`, (a: N, b: N) => Number(a) * Number(b))
    .registerOperator(`${left} / ${right}: double`, (a: N, b: N) => Number(a) / Number(b))
    .registerOperator(`${left} % ${right}: double`, (a: N, b: N) => Number(a) % Number(b));
}
base.registerOperator("double % double: double", (a: number, b: number) => a % b);

/** What the library's errors tell; read through a narrow type because its classes carry much more. */
type CelFailure = { summary?: string; range?: { start: number; end: number } };

function failure(err: unknown): ExpressionError {
  if (err instanceof Refusal) return { message: err.text, start: err.start, end: err.end };
  const { summary, range } = err as CelFailure;
  const said = summary ?? (err instanceof Error ? err.message : String(err));
  // A parser that ran out of stack says so in its own words.
  const text = err instanceof RangeError ? "too deeply nested" : said;
  return {
    message: { en: sentence(text), zh: `表达式有误：${text}` },
    start: range?.start ?? null,
    end: range?.end ?? null,
  };
}

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/\.\.$/, ".");

const kindsFor: Record<Wanted, readonly Shape["kind"][]> = {
  bool: ["bool", "any"],
  list: ["list", "any"],
  text: ["text", "number", "any"],
  any: ["any", "number", "bool", "null", "text", "list", "map", "object"],
};
const wantedName: Record<Wanted, Text> = {
  bool: { en: "true or false", zh: "布尔值" },
  list: { en: "a list", zh: "列表" },
  text: { en: "text or a number", zh: "文本或数字" },
  any: { en: "anything", zh: "任意值" },
};

/** Compiles one expression over these names. Never throws. */
export function compileExpression(
  source: string,
  scope: Scope,
  wanted: Wanted,
): { ok: true; compiled: Compiled } | { ok: false; error: ExpressionError } {
  try {
    if (source.length > EXPRESSION_CHARS_MAX)
      throw new Refusal(
        {
          en: `An expression may have ${EXPRESSION_CHARS_MAX} characters.`,
          zh: `表达式最多 ${EXPRESSION_CHARS_MAX} 个字符。`,
        },
        EXPRESSION_CHARS_MAX,
        source.length,
      );
    const env = base.clone();
    for (const name of scope.keys()) env.registerVariable(name, "dyn");
    const parsed = env.parse(source);
    const root = parsed.ast as unknown as Node; // the library's nodes, of which we read operator, operands and place
    const shape = typeOf(root, scope);
    if (!kindsFor[wanted].includes(shape.kind)) {
      const [found, want] = [shapeName(shape), wantedName[wanted]];
      throw new Refusal(
        {
          en: `This gives ${found.en}, and ${want.en} is needed.`,
          zh: `此表达式得到${found.zh}，此处需要${want.zh}。`,
        },
        root.start,
        root.end,
      );
    }
    const bound = prepare(root);
    const checked = parsed.check();
    if (!checked.valid) throw checked.error;
    bound.watch();
    const run = (values: Context, steps: Steps): unknown => {
      bound.spend(steps);
      return bound.bounded(parsed(values));
    };
    return { ok: true, compiled: { shape, run } };
  } catch (err) {
    return { ok: false, error: failure(err) };
  }
}

/** Why an evaluation failed, in one line. */
export function failureText(err: unknown): string {
  const { summary } = err as CelFailure;
  return cutText(summary ?? (err instanceof Error ? err.message : String(err)), 300);
}
