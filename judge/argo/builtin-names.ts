// Names of expr's functions that take a closure: the parser must know them before anything is checked.

export const PREDICATE_BUILTINS: ReadonlySet<string> = new Set([
  "all",
  "any",
  "none",
  "one",
  "filter",
  "map",
  "count",
  "sum",
  "find",
  "findIndex",
  "findLast",
  "findLastIndex",
]);
