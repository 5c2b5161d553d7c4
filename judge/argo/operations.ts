// What the operators do with values whose types are only known now, as expr's runtime does: numbers mix, everything else must be alike.
import { ConditionError } from "./tokens.ts";
import { nameOf, typeOf, type Value } from "./types.ts";

function mismatch(op: string, a: Value, b: Value): ConditionError {
  return new ConditionError("runtime", `invalid operation: ${nameOf(typeOf(a))} ${op} ${nameOf(typeOf(b))}`);
}

const isNumber = (value: Value) => typeof value === "number" || typeof value === "bigint";

/** Any number as a float. */
export function asNumber(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "bigint") return Number(value);
  throw new ConditionError("runtime", `invalid operation: float(${nameOf(typeOf(value))})`);
}

/** A number as an index; the fraction is cut off. */
export function toIndex(value: Value): number {
  const index = Math.trunc(asNumber(value));
  if (!Number.isSafeInteger(index)) throw new ConditionError("runtime", "index is not a whole number");
  return index;
}

/** Deep equality; 1 and 1.0 are equal, NaN equals nothing, unlike types differ. */
export function areEqual(a: Value, b: Value): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return a === b;
  if (isNumber(a) && isNumber(b)) return asNumber(a) === asNumber(b);
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((value, index) => areEqual(value, b[index] ?? null));
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, value]) => b.has(key) && areEqual(value, b.get(key) ?? null));
  return a === b;
}

/** Order of two numbers or of two strings. */
export function ordered(
  a: Value,
  b: Value,
  compare: (a: bigint | number | string, b: bigint | number | string) => boolean,
): boolean {
  if (typeof a === "bigint" && typeof b === "bigint") return compare(a, b);
  if (isNumber(a) && isNumber(b)) return compare(asNumber(a), asNumber(b));
  if (typeof a === "string" && typeof b === "string") return compare(a, b);
  throw mismatch("<", a, b);
}

/** `+ - * / % **`. Whole numbers wrap at 64 bits; `/` and `**` are always floats; `%` takes whole numbers only. */
export function plus(op: string, a: Value, b: Value): Value {
  if (op === "+" && typeof a === "string" && typeof b === "string") return a + b;
  if (!isNumber(a) || !isNumber(b)) throw mismatch(op, a, b);
  if (op === "/") return asNumber(a) / asNumber(b);
  if (op === "**") return asNumber(a) ** asNumber(b);
  if (typeof a === "bigint" && typeof b === "bigint") return wholeNumbers(op, a, b);
  if (op === "%") throw mismatch(op, a, b);
  const [x, y] = [asNumber(a), asNumber(b)];
  return op === "+" ? x + y : op === "-" ? x - y : x * y;
}

function wholeNumbers(op: string, a: bigint, b: bigint): bigint {
  if (op === "%" && b === 0n) throw new ConditionError("runtime", "integer divide by zero");
  const result = op === "+" ? a + b : op === "-" ? a - b : op === "*" ? a * b : a % b;
  return BigInt.asIntN(64, result);
}
