// What keeps an expression small while it runs: steps are counted, text and lists have a largest size, patterns run in linear time.
import { RE2JS } from "re2js";
import { Refusal } from "./refusal.ts";

/** A node of the library's tree, as far as we read it. */
export type Node = {
  op: string;
  args: unknown;
  start: number;
  end: number;
  meta: Meta;
  evaluate: Evaluate;
};
type Evaluate = (evaluator: unknown, node: unknown, context: unknown) => unknown;
type Meta = { alternate?: Node; macro?: { evaluate: Evaluate }; evaluate: Evaluate };

/** What is left for one node of the fleet; shared by all expressions of a check. */
export type Steps = { left: number };

/** Longest text and list that may come up on the way. */
const TEXT_MAX = 65_536;
const LIST_MAX = 20_000;
/** Longest pattern, characters; longest text that a pattern is tried on. */
const PATTERN_MAX = 200;
const MATCH_TEXT_MAX = 16_384;
/** Instructions of a compiled pattern; `(a{0,50}){0,10}` is a thousand. */
const PROGRAM_MAX = 1_000;
/** One step pays for so many characters × instructions: 0.5 µs usually, 5 µs at the very worst (re2js on 16 KiB, measured). */
const MATCH_PER_STEP = 128;
/** Compiled patterns kept; a definition has a handful. */
const PATTERNS_KEPT = 500;

const patterns = new Map<string, RE2JS>();

/** @throws when it is no pattern of RE2 (no back-references, no look-around: they cannot be run in linear time) */
function patternOf(source: string): RE2JS {
  const known = patterns.get(source);
  if (known) return known;
  if (patterns.size >= PATTERNS_KEPT) patterns.clear();
  const made = RE2JS.compile(source);
  patterns.set(source, made);
  return made;
}

/** Of the expression that runs right now: what the library calls is given no more than its arguments. */
let running: Steps = { left: 0 };

function spendOf(steps: Steps, count: number): void {
  steps.left -= count;
  if (steps.left < 0) throw new Error("it takes too many steps");
}

export function linearMatch(pattern: string, text: string): boolean {
  if (text.length > MATCH_TEXT_MAX) throw new Error(`text of ${text.length} characters is too long for matches()`);
  const made = patternOf(pattern);
  spendOf(running, Math.floor((text.length * made.programSize()) / MATCH_PER_STEP));
  return made.matcher(text).find();
}

export function joinBounded(list: readonly unknown[], by: string): string {
  let size = 0;
  const parts = list.map((one) => {
    const part = typeof one === "string" ? one : String(one);
    size += part.length + by.length;
    if (size > TEXT_MAX) throw new Error("the joined text is too long");
    return part;
  });
  return parts.join(by);
}

const macros = new Set(["all", "exists", "exists_one", "map", "filter"]);
const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "op" in value && "meta" in value;

/** The nodes right under a node. */
function childrenOf(node: Node): Node[] {
  const found: Node[] = [];
  const visit = (value: unknown): void => {
    if (isNode(value)) found.push(value);
    else if (Array.isArray(value)) for (const one of value) visit(one);
  };
  visit(node.args);
  return found;
}

/** Rewrites what must be bounded by another function; call before the library's own check. */
export function prepare(root: Node) {
  const bodies: Node[] = [];
  const growing: Node[] = [];
  const visit = (node: Node): void => {
    if (node.op === "rcall") {
      const args = node.args as [string, Node, Node[]]; // that is what a call on something is made of
      const [name, , given] = args;
      if (macros.has(name)) bodies.push(...given.slice(1));
      if (name === "matches") {
        args[0] = "matchesLinear";
        checkPattern(given[0]);
      }
      if (name === "join") args[0] = "joinBounded";
    }
    if (node.op === "+" || node.op === "rcall") growing.push(node);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(root);
  let steps: Steps = { left: 0 };
  const spend = (): void => spendOf(steps, 1);
  /** Sizes count as steps too, so that nothing doubles for ever. */
  const bounded = (value: unknown): unknown => {
    if (typeof value === "string") {
      if (value.length > TEXT_MAX) throw new Error("a text grew too long");
      steps.left -= value.length >> 8;
    } else if (Array.isArray(value)) {
      if (value.length > LIST_MAX) throw new Error("a list grew too long");
      steps.left -= value.length >> 4;
    }
    return value;
  };
  return {
    /** Puts the counters in; call after the library's own check, which fills in what a macro becomes. */
    watch(): void {
      for (const node of bodies) wrap(node, spend, undefined);
      for (const node of growing) wrap(node, spend, bounded);
    },
    spend(given: Steps): void {
      steps = given;
      running = given;
      spend();
    },
    bounded,
  };
}

function wrap(node: Node, before: () => void, after: ((value: unknown) => unknown) | undefined): void {
  const inner = insideOf(node);
  node.evaluate = (evaluator, self, context) => {
    before();
    const value = inner(evaluator, self, context);
    return after ? after(value) : value;
  };
}

/** What the library would run for a node: what it stands for, a macro's work, or the operator's. */
function insideOf(node: Node): Evaluate {
  if (Object.hasOwn(node, "evaluate")) return node.evaluate; // wrapped once already
  const { alternate, macro, evaluate } = node.meta;
  if (alternate) return (evaluator, _self, context) => alternate.evaluate(evaluator, alternate, context);
  if (macro) return (evaluator, _self, context) => macro.evaluate(evaluator, macro, context);
  return evaluate;
}

function checkPattern(node: Node | undefined): undefined {
  if (!node) return undefined; // the library says that an argument is missing
  const refuse = (en: string, zh: string): never => {
    throw new Refusal({ en, zh }, node.start, node.end);
  };
  if (node.op !== "value" || typeof node.args !== "string")
    return refuse("The pattern of matches() must be written out as text.", "matches() 的模式必须直接写成文本。");
  if (node.args.length > PATTERN_MAX)
    refuse(`A pattern may have ${PATTERN_MAX} characters.`, `模式最多 ${PATTERN_MAX} 个字符。`);
  let size = 0;
  try {
    size = patternOf(node.args).programSize();
  } catch (err) {
    const said = err instanceof Error ? err.message : String(err);
    refuse(`This is no pattern (RE2 syntax): ${said}.`, `此模式无效（RE2 语法）：${said}。`);
  }
  if (size > PROGRAM_MAX) refuse("This pattern is too large: repeat less.", "此模式展开后过大：请减少重复次数。");
}
