// The tree of a condition, and expr's table of operators. Made by syntax.ts, read by check.ts and run.ts.

/** One node. */
export type Node =
  | { type: "literal"; value: bigint | number | string | boolean | null }
  | { type: "name"; name: string }
  /** `#` (the element), `#index`, `#acc` inside a closure. */
  | { type: "pointer"; name: string }
  | { type: "unary"; op: string; operand: Node }
  | { type: "binary"; op: string; left: Node; right: Node }
  | { type: "conditional"; test: Node; yes: Node; no: Node }
  | { type: "member"; object: Node; property: Node; isOptional: boolean }
  | { type: "slice"; object: Node; from: Node | null; to: Node | null }
  | { type: "call"; callee: Node; args: Node[] }
  | { type: "predicate"; name: string; subject: Node; body: Node | null }
  | { type: "array"; items: Node[] }
  | { type: "map"; entries: { key: Node; value: Node }[] }
  | { type: "let"; name: string; value: Node; body: Node }
  /** Ends what `?.` may cut short. */
  | { type: "chain"; inner: Node };

/** Precedence of what stands before its operand. */
export const UNARY: Record<string, number> = { not: 50, "!": 50, "-": 90, "+": 90 };

/** Precedence of what stands between its operands. */
export const BINARY: Record<string, number> = {
  "|": 0,
  or: 10,
  "||": 10,
  and: 15,
  "&&": 15,
  "==": 20,
  "!=": 20,
  "<": 20,
  ">": 20,
  ">=": 20,
  "<=": 20,
  in: 20,
  matches: 20,
  contains: 20,
  startsWith: 20,
  endsWith: 20,
  "..": 25,
  "+": 30,
  "-": 30,
  "*": 60,
  "/": 60,
  "%": 60,
  "**": 100,
  "^": 100,
  "??": 500,
};

export const RIGHT_ASSOCIATIVE = new Set(["**", "^"]);
/** `x not in y` is `not (x in y)`. */
export const MAY_BE_NEGATED = new Set(["contains", "matches", "startsWith", "endsWith", "in"]);
/** May be chained: `1 < x < 3`. */
export const COMPARISONS = new Set(["<", ">", "<=", ">="]);
/** Two spellings of one operator. */
export const SAME_AS: Record<string, string> = { or: "||", and: "&&", not: "!", "^": "**" };
