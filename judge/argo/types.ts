// Types of a condition's values, as far as they are known before it runs, and the values themselves.

/** Whole numbers are bigint, others number; a map is read only by its own keys. */
export type Value = bigint | number | string | boolean | null | Value[] | Map<string, Value> | NativeFunction;

/** A function of the environment. */
export type NativeFunction = (...args: Value[]) => Value;

/** any: known only when it runs. */
export type Type =
  | { kind: "any" | "int" | "float" | "string" | "bool" | "nil" | "map" }
  | { kind: "array"; of: Type }
  | { kind: "function"; params: Type[]; optional: number; out: Type };

export const ANY: Type = { kind: "any" };
export const INT: Type = { kind: "int" };
export const FLOAT: Type = { kind: "float" };
export const STRING: Type = { kind: "string" };
export const BOOL: Type = { kind: "bool" };
export const NIL: Type = { kind: "nil" };
export const MAP: Type = { kind: "map" };

export const arrayOf = (of: Type): Type => ({ kind: "array", of });
export const isAny = (type: Type) => type.kind === "any";
export const isNumeric = (type: Type) => type.kind === "int" || type.kind === "float";

/** Name of a type as messages give it: Go's words, for those are what users of the language know. */
export function nameOf(type: Type): string {
  if (type.kind === "array") return `[]${nameOf(type.of)}`;
  return {
    any: "unknown",
    int: "int",
    float: "float64",
    string: "string",
    bool: "bool",
    nil: "nil",
    map: "map",
    function: "func",
  }[type.kind];
}

/** What a value is. Its elements count only where they are all of one type: then an array is typed as a provider would give it. */
export function typeOf(value: Value): Type {
  if (value === null) return NIL;
  if (typeof value === "bigint") return INT;
  if (typeof value === "number") return FLOAT;
  if (typeof value === "string") return STRING;
  if (typeof value === "boolean") return BOOL;
  if (Array.isArray(value)) return arrayOf(elementType(value));
  return value instanceof Map ? MAP : { kind: "function", params: [], optional: 0, out: ANY };
}

function elementType(values: readonly Value[]): Type {
  const kinds = new Set(values.map((value) => typeOf(value).kind));
  const [only] = kinds;
  if (kinds.size !== 1 || (only !== "float" && only !== "string" && only !== "int")) return ANY;
  return { kind: only };
}

/** Whether `==` makes sense between the two. */
export function areComparable(a: Type, b: Type): boolean {
  if (isAny(a) || isAny(b) || a.kind === "nil" || b.kind === "nil") return true;
  return (isNumeric(a) && isNumeric(b)) || a.kind === b.kind;
}
