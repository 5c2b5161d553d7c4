// Runs the tree of a condition. No loops but over data, and a budget of steps: a condition cannot hang the judge.
import { areEqual, asNumber, ordered, plus, toIndex } from "./operations.ts";
import { matchesPattern } from "./pattern.ts";
import { ConditionError } from "./tokens.ts";
import type { Node } from "./tree.ts";
import { nameOf, typeOf, type Value } from "./types.ts";

/** Nodes evaluated and values made before a condition is given up. */
const STEPS_MAX = 1_000_000;

type Element = { value: Value; index: bigint };

/** What the names stand for, the elements of the closures around, and what may still be spent. */
export type Frame = { names: ReadonlyMap<string, Value>; elements: readonly Element[]; budget: { steps: number } };

/** A frame to start with. */
export function frameOf(names: ReadonlyMap<string, Value>): Frame {
  return { names, elements: [], budget: { steps: STEPS_MAX } };
}

/** What `a?.b` gives when a is nil: the rest of the chain is left out. */
const CUT = Symbol("cut");
type Result = Value | typeof CUT;

/** @throws ConditionError("runtime") */
export function run(node: Node, frame: Frame): Value {
  const result = step(node, frame);
  return result === CUT ? null : result;
}

function spend(frame: Frame, steps: number): void {
  frame.budget.steps -= steps;
  if (frame.budget.steps < 0) throw failure("too much work");
}

function failure(message: string): ConditionError {
  return new ConditionError("runtime", message);
}

function step(node: Node, frame: Frame): Result {
  spend(frame, 1);
  switch (node.type) {
    case "literal":
      return node.value;
    case "name":
      return frame.names.get(node.name) ?? null;
    case "pointer":
      return node.name === "index" ? (frame.elements.at(-1)?.index ?? null) : (frame.elements.at(-1)?.value ?? null);
    case "unary":
      return unary(node.op, run(node.operand, frame));
    case "binary":
      return binary(node, frame);
    case "conditional":
      return run(bool(run(node.test, frame)) ? node.yes : node.no, frame);
    case "member":
      return member(node, frame);
    case "slice":
      return slice(node, frame);
    case "call":
      return call(node, frame);
    case "predicate":
      return predicate(node, frame);
    case "array":
      return node.items.map((item) => run(item, frame));
    case "map":
      return new Map(node.entries.map(({ key, value }) => [String(run(key, frame)), run(value, frame)]));
    case "let":
      return run(node.body, { ...frame, names: new Map([...frame.names, [node.name, run(node.value, frame)]]) });
    case "chain":
      return run(node.inner, frame);
  }
}

function bool(value: Value): boolean {
  if (typeof value !== "boolean") throw failure(`${nameOf(typeOf(value))} is not a bool`);
  return value;
}

function text(value: Value): string {
  if (typeof value !== "string") throw failure(`${nameOf(typeOf(value))} is not a string`);
  return value;
}

function unary(op: string, value: Value): Value {
  if (op === "!") return !bool(value);
  if (typeof value === "bigint") return op === "-" ? BigInt.asIntN(64, -value) : value;
  return op === "-" ? -asNumber(value) : asNumber(value);
}

function binary(node: Node & { type: "binary" }, frame: Frame): Value {
  const left = run(node.left, frame);
  if (node.op === "&&") return bool(left) && bool(run(node.right, frame));
  if (node.op === "||") return bool(left) || bool(run(node.right, frame));
  if (node.op === "??") return left ?? run(node.right, frame);
  const right = run(node.right, frame);
  switch (node.op) {
    case "==":
      return areEqual(left, right);
    case "!=":
      return !areEqual(left, right);
    case "<":
      return ordered(left, right, (a, b) => a < b);
    case ">":
      return ordered(left, right, (a, b) => a > b);
    case "<=":
      return ordered(left, right, (a, b) => a <= b);
    case ">=":
      return ordered(left, right, (a, b) => a >= b);
    case "in":
      return isIn(left, right, frame);
    case "..":
      return range(left, right, frame);
    case "matches":
      return matches(left, right, frame);
    case "contains":
    case "startsWith":
    case "endsWith":
      return compareText(node.op, left, right);
    default:
      return plus(node.op, left, right);
  }
}

function compareText(op: "contains" | "startsWith" | "endsWith", left: Value, right: Value): boolean {
  if (op === "contains") return text(left).includes(text(right));
  return op === "startsWith" ? text(left).startsWith(text(right)) : text(left).endsWith(text(right));
}

function matches(left: Value, right: Value, frame: Frame): boolean {
  if (left === null || right === null) return false;
  const subject = text(left);
  const { isMatch, steps } = matchesPattern(text(right), subject);
  spend(frame, steps);
  return isMatch;
}

function isIn(item: Value, whole: Value, frame: Frame): boolean {
  if (whole === null) return false;
  if (whole instanceof Map) return typeof item === "string" && whole.has(item);
  if (!Array.isArray(whole)) throw failure(`operator "in" not defined on ${nameOf(typeOf(whole))}`);
  spend(frame, whole.length);
  return whole.some((value) => areEqual(value, item));
}

function range(from: Value, to: Value, frame: Frame): Value {
  const first = toIndex(from);
  const last = toIndex(to);
  const length = Math.max(0, last - first + 1);
  spend(frame, length);
  return Array.from({ length }, (_, index) => BigInt(first + index));
}

function member(node: Node & { type: "member" }, frame: Frame): Result {
  const object = step(node.object, frame);
  if (object === CUT) return CUT;
  if (object === null && node.isOptional) return CUT;
  const key = run(node.property, frame);
  if (object instanceof Map) return (typeof key === "string" ? object.get(key) : undefined) ?? null;
  if (!Array.isArray(object) && typeof object !== "string")
    throw failure(`cannot fetch ${String(key)} from ${nameOf(typeOf(object))}`);
  const index = toIndex(key);
  const at = index < 0 ? object.length + index : index;
  const value = object[at];
  if (value === undefined) throw failure(`index out of range: ${at} (array length is ${object.length})`);
  return value;
}

function slice(node: Node & { type: "slice" }, frame: Frame): Result {
  const object = step(node.object, frame);
  if (object === CUT) return CUT;
  if (!Array.isArray(object) && typeof object !== "string") throw failure(`cannot slice ${nameOf(typeOf(object))}`);
  spend(frame, object.length);
  const from = node.from ? toIndex(run(node.from, frame)) : 0;
  const to = node.to ? toIndex(run(node.to, frame)) : object.length;
  return object.slice(from, to);
}

function call(node: Node & { type: "call" }, frame: Frame): Result {
  const callee = step(node.callee, frame);
  if (callee === CUT) return CUT;
  if (typeof callee !== "function") throw failure(`${nameOf(typeOf(callee))} is not callable`);
  const args = node.args.map((arg) => run(arg, frame));
  spend(
    frame,
    args.reduce<number>((sum, arg) => sum + (Array.isArray(arg) || typeof arg === "string" ? arg.length : 0), 0),
  );
  return callee(...args);
}

function predicate({ name, subject, body }: Node & { type: "predicate" }, frame: Frame): Value {
  const values = run(subject, frame);
  if (!Array.isArray(values)) throw failure(`${name} takes only an array (got ${nameOf(typeOf(values))})`);
  const at = (value: Value, index: number): Value =>
    body ? run(body, { ...frame, elements: [...frame.elements, { value, index: BigInt(index) }] }) : value;
  const holds = (value: Value, index: number) => bool(at(value, index));
  switch (name) {
    case "all":
      return values.every(holds);
    case "any":
      return values.some(holds);
    case "none":
      return !values.some(holds);
    case "one":
      return values.filter(holds).length === 1;
    case "filter":
      return values.filter(holds);
    case "map":
      return values.map(at);
    case "count":
      return BigInt(values.filter(holds).length);
    case "find":
      return values.find(holds) ?? null;
    case "findIndex":
      return indexOrNil(values.findIndex(holds));
    case "findLast":
      return values.findLast(holds) ?? null;
    case "findLastIndex":
      return indexOrNil(values.findLastIndex(holds));
    default:
      return values.map(at).reduce((sum, value) => plus("+", sum, value), 0n);
  }
}

const indexOrNil = (index: number) => (index === -1 ? null : BigInt(index));
