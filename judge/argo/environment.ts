// The names a condition knows: the result of a measurement, Argo Rollouts' own functions, and expr's builtins that need neither a clock nor closures.
import { areEqual, asNumber, ordered, plus, toIndex } from "./operations.ts";
import { ConditionError } from "./tokens.ts";
import {
  ANY,
  arrayOf,
  BOOL,
  FLOAT,
  INT,
  type NativeFunction,
  nameOf,
  STRING,
  type Type,
  typeOf,
  type Value,
} from "./types.ts";

type Entry = { type: Type; value: Value };

const fn = (params: Type[], out: Type, value: NativeFunction, optional = 0): Entry => ({
  type: { kind: "function", params, optional, out },
  value,
});

function failure(message: string): ConditionError {
  return new ConditionError("runtime", message);
}

/** JSON → a value. All numbers are floats, as in everything that comes from a metrics provider. */
export function fromJson(json: unknown): Value {
  if (json === null || json === undefined) return null;
  if (typeof json === "bigint" || typeof json === "number" || typeof json === "string" || typeof json === "boolean")
    return json;
  if (Array.isArray(json)) return json.map(fromJson);
  if (typeof json === "object") return new Map(Object.entries(json).map(([key, value]) => [key, fromJson(value)]));
  throw new TypeError(`a ${typeof json} is no result of a measurement`);
}

/** Everything by name, for one result. */
export function environment(result: Value): Map<string, Entry> {
  return new Map([
    ...BUILTINS,
    ["result", { type: typeOf(result), value: result }],
    ["asInt", fn([ANY], INT, asInt)],
    ["asFloat", fn([ANY], FLOAT, asFloat)],
    ["isNaN", fn([FLOAT], BOOL, (value = null) => Number.isNaN(float(value)))],
    ["isInf", fn([FLOAT], BOOL, (value = null) => Math.abs(float(value)) === Number.POSITIVE_INFINITY)],
    // Both look at the result whatever they are given: so does Argo.
    ["isNil", fn([ANY], BOOL, () => result === null)],
    ["default", fn([ANY, ANY], ANY, (_, fallback = null) => result ?? fallback)],
  ]);
}

/** A float, or a whole number written where a float is wanted. */
function float(value: Value): number {
  if (typeof value !== "number" && typeof value !== "bigint")
    throw failure(`${nameOf(typeOf(value))} is not a float64`);
  return Number(value);
}

const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

function asInt(value: Value = null): bigint {
  if (typeof value === "bigint") return value;
  if (typeof value === "number") return truncated(value);
  if (typeof value !== "string") throw failure(`asInt() not supported on ${nameOf(typeOf(value))}`);
  const whole = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, "")) : null;
  if (whole === null) throw failure(`strconv.ParseInt: parsing "${value}": invalid syntax`);
  if (whole < INT64_MIN || whole > INT64_MAX) throw failure(`strconv.ParseInt: parsing "${value}": value out of range`);
  return whole;
}

/** Without its fraction; what 64 bits cannot hold is the least of them, as on amd64. */
function truncated(value: number): bigint {
  if (!Number.isFinite(value)) return INT64_MIN;
  const whole = BigInt(Math.trunc(value));
  return whole < INT64_MIN || whole > INT64_MAX ? INT64_MIN : whole;
}

function asFloat(value: Value = null): number {
  if (typeof value === "bigint" || typeof value === "number") return Number(value);
  if (typeof value !== "string") throw failure(`asFloat() not supported on ${nameOf(typeOf(value))}`);
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value)) {
    const number = Number(value);
    if (Number.isFinite(number)) return number;
    throw failure(`strconv.ParseFloat: parsing "${value}": value out of range`);
  }
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(value);
  if (!word || (word[1] && /nan/i.test(value))) throw failure(`strconv.ParseFloat: parsing "${value}": invalid syntax`);
  return /nan/i.test(value) ? Number.NaN : word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

function length(value: Value = null): bigint {
  if (typeof value === "string") return BigInt([...value].length);
  if (Array.isArray(value)) return BigInt(value.length);
  if (value instanceof Map) return BigInt(value.size);
  throw failure(`invalid argument for len (type ${nameOf(typeOf(value))})`);
}

function list(value: Value = null): Value[] {
  if (!Array.isArray(value)) throw failure(`${nameOf(typeOf(value))} is not an array`);
  return value;
}

function text(value: Value = null): string {
  if (typeof value !== "string") throw failure(`${nameOf(typeOf(value))} is not a string`);
  return value;
}

/** Numbers of the arguments, and of arrays among them. */
const numbers = (args: Value[]): Value[] => args.flatMap((arg) => (Array.isArray(arg) ? numbers(arg) : [arg]));

function best(args: Value[], isBetter: (a: Value, b: Value) => boolean): Value {
  const all = numbers(args);
  for (const value of all) asNumber(value);
  const [first] = all;
  if (first === undefined) throw failure("not enough arguments");
  return all.reduce((chosen, value) => (isBetter(value, chosen) ? value : chosen), first);
}

function mean(args: Value[]): number {
  const all = numbers(args).map(asNumber);
  return all.length === 0 ? 0 : all.reduce((sum, value) => sum + value, 0) / all.length;
}

function median(args: Value[]): number {
  const all = numbers(args)
    .map(asNumber)
    .sort((a, b) => a - b);
  const upper = all[Math.floor(all.length / 2)] ?? 0;
  return all.length % 2 === 0 && all.length > 0 ? ((all[all.length / 2 - 1] ?? 0) + upper) / 2 : upper;
}

/** Away from zero at halves, as Go rounds. */
const round = (value: number) => Math.sign(value) * Math.floor(Math.abs(value) + 0.5);

const less = (a: Value, b: Value) => ordered(a, b, (x, y) => x < y);
const MANY = Array.from({ length: 16 }, () => ANY);

const BUILTINS: ReadonlyMap<string, Entry> = new Map([
  ["len", fn([ANY], INT, length)],
  ["int", fn([ANY], INT, asInt)],
  ["float", fn([ANY], FLOAT, asFloat)],
  ["string", fn([ANY], STRING, (value = null) => (value === null ? "<nil>" : String(value)))],
  ["abs", fn([ANY], ANY, (value = 0n) => (asNumber(value) < 0 ? plus("-", 0n, value) : value))],
  ["ceil", fn([ANY], FLOAT, (value = null) => Math.ceil(asNumber(value)))],
  ["floor", fn([ANY], FLOAT, (value = null) => Math.floor(asNumber(value)))],
  ["round", fn([ANY], FLOAT, (value = null) => round(asNumber(value)))],
  ["min", fn(MANY, ANY, (...args) => best(args, less), 15)],
  ["max", fn(MANY, ANY, (...args) => best(args, (a, b) => less(b, a)), 15)],
  ["mean", fn(MANY, FLOAT, (...args) => mean(args), 15)],
  ["median", fn(MANY, FLOAT, (...args) => median(args), 15)],
  ["first", fn([ANY], ANY, (value) => list(value)[0] ?? null)],
  ["last", fn([ANY], ANY, (value) => list(value).at(-1) ?? null)],
  ["take", fn([ANY, INT], arrayOf(ANY), (value, count = 0n) => list(value).slice(0, toIndex(count)))],
  ["reverse", fn([ANY], arrayOf(ANY), (value) => list(value).toReversed())],
  ["sort", fn([ANY], arrayOf(ANY), (value) => list(value).toSorted((a, b) => (less(a, b) ? -1 : less(b, a) ? 1 : 0)))],
  ["uniq", fn([ANY], arrayOf(ANY), (value) => unique(list(value)))],
  ["keys", fn([ANY], arrayOf(ANY), (value) => (value instanceof Map ? [...value.keys()] : list(value)))],
  ["values", fn([ANY], arrayOf(ANY), (value) => (value instanceof Map ? [...value.values()] : list(value)))],
  ["lower", fn([STRING], STRING, (value) => text(value).toLowerCase())],
  ["upper", fn([STRING], STRING, (value) => text(value).toUpperCase())],
  ["trim", fn([STRING], STRING, (value) => text(value).trim())],
  ["split", fn([STRING, STRING], arrayOf(STRING), (value, by) => text(value).split(text(by)))],
  ["join", fn([ANY, STRING], STRING, (value, by = "") => list(value).map(text).join(text(by)), 1)],
  ["hasPrefix", fn([STRING, STRING], BOOL, (value, part) => text(value).startsWith(text(part)))],
  ["hasSuffix", fn([STRING, STRING], BOOL, (value, part) => text(value).endsWith(text(part)))],
]);

function unique(values: readonly Value[]): Value[] {
  const found: Value[] = [];
  for (const value of values) if (!found.some((one) => areEqual(one, value))) found.push(value);
  return found;
}
