// Names and types of an expression, looked up in the facts' shapes: a field that no fact has, a state that does not exist or text compared with a number is told with its place.
import type { Node } from "./cel-bounds.ts";
import { Refusal } from "./refusal.ts";
import { ANY, BOOL, NUMBER, type Shape, shapeName, TEXT } from "./shapes.ts";

/** Names that an expression may use. */
export type Scope = ReadonlyMap<string, Shape>;

const refuse = (node: { start: number; end: number }, en: string, zh: string): never => {
  throw new Refusal({ en, zh }, node.start, node.end);
};

/** Functions and methods that are there; everything else of the library is not. */
const calls: Record<string, Shape> = { size: NUMBER, string: TEXT, int: NUMBER, double: NUMBER, bool: BOOL };
const methods: Record<string, Shape> = {
  size: NUMBER,
  startsWith: BOOL,
  endsWith: BOOL,
  contains: BOOL,
  matches: BOOL,
  lowerAscii: TEXT,
  upperAscii: TEXT,
  trim: TEXT,
  indexOf: NUMBER,
  lastIndexOf: NUMBER,
  substring: TEXT,
  join: TEXT,
};
const quantifiers = new Set(["all", "exists", "exists_one"]);
const known = [...Object.keys(calls), "has", ...Object.keys(methods), ...quantifiers, "map", "filter"]
  .sort()
  .join(", ");

/** The name that was probably meant: at most two edits away. */
function nearest(name: string, names: readonly string[]): string | undefined {
  const distance = (a: string, b: string): number => {
    let row = Array.from({ length: b.length + 1 }, (_, i) => i);
    for (let i = 1; i <= a.length; i += 1) {
      const next = [i];
      for (let j = 1; j <= b.length; j += 1)
        next.push(
          Math.min((next[j - 1] ?? 0) + 1, (row[j] ?? 0) + 1, (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)),
        );
      row = next;
    }
    return row[b.length] ?? 0;
  };
  return names
    .map((one) => ({ one, far: distance(name.slice(0, 60), one) }))
    .filter(({ far }) => far <= 2)
    .sort((a, b) => a.far - b.far)[0]?.one;
}

const sample = (names: readonly string[]): string => names.slice(0, 12).join(", ") + (names.length > 12 ? " …" : "");

type Place = Pick<Node, "start" | "end">;
/** Of `a.b.name` only the name. */
const nameOf = (node: Node, name: string): Place =>
  node.op === "." ? { start: node.end - name.length, end: node.end } : node;

function missing(node: Place, name: string, names: readonly string[]): never {
  const near = nearest(name, names);
  return refuse(
    node,
    `There is no "${name}" here. ${near ? `Do you mean "${near}"?` : `There is: ${sample(names)}.`}`,
    `此处没有 "${name}"。${near ? `是否想写 "${near}"？` : `可用：${sample(names)}。`}`,
  );
}

function field(node: Node, of: Shape, name: string): Shape {
  switch (of.kind) {
    case "any":
      return ANY;
    case "map":
      return of.of;
    case "object":
      return of.fields.get(name) ?? missing(nameOf(node, name), name, [...of.fields.keys()]);
    default: {
      const { en, zh } = shapeName(of);
      return refuse(
        node,
        `${en} has no field "${name}"${of.kind === "list" ? "; look at its items with exists(x, …), filter(x, …) or each" : ""}.`,
        `${zh}没有字段 "${name}"${of.kind === "list" ? "；请用 exists(x, …)、filter(x, …) 或 each 查看各项" : ""}。`,
      );
    }
  }
}

/** The shape that a node gives. @throws Refusal */
export function typeOf(node: Node, scope: Scope): Shape {
  switch (node.op) {
    case "value":
      return literal(node.args);
    case "id": {
      const name = String(node.args);
      return scope.get(name) ?? missing(node, name, [...scope.keys()]);
    }
    case ".": {
      const [of, name] = node.args as [Node, string];
      return field(node, typeOf(of, scope), name);
    }
    case "[]":
      return index(node, scope);
    case "call":
      return call(node, scope);
    case "rcall":
      return method(node, scope);
    case "list": {
      const [first, ...others] = (node.args as Node[]).map((one) => typeOf(one, scope));
      return { kind: "list", of: first && others.every(({ kind }) => kind === first.kind) ? plain(first) : ANY };
    }
    case "map":
      for (const [key, value] of node.args as [Node, Node][]) {
        typeOf(key, scope);
        typeOf(value, scope);
      }
      return { kind: "map", of: ANY };
    case "?:": {
      const [condition, yes, no] = node.args as [Node, Node, Node];
      mustBe(condition, typeOf(condition, scope), "bool");
      const [a, b] = [typeOf(yes, scope), typeOf(no, scope)];
      return a.kind === b.kind ? plain(a) : ANY;
    }
    case "||":
    case "&&":
      for (const one of node.args as Node[]) mustBe(one, typeOf(one, scope), "bool");
      return BOOL;
    case "!_":
      mustBe(node.args as Node, typeOf(node.args as Node, scope), "bool");
      return BOOL;
    case "-_":
      mustBe(node.args as Node, typeOf(node.args as Node, scope), "number");
      return NUMBER;
    default:
      return binary(node, scope);
  }
}

/** Without the list of values: a part of it may be anything. */
const plain = (shape: Shape): Shape => (shape.kind === "text" ? TEXT : shape);

function literal(value: unknown): Shape {
  if (value === null) return { kind: "null" };
  if (typeof value === "string") return { kind: "text", values: [value] };
  if (typeof value === "boolean") return BOOL;
  return typeof value === "number" || typeof value === "bigint" ? NUMBER : ANY;
}

function mustBe(node: Node, shape: Shape, kind: "bool" | "number"): void {
  if (shape.kind === kind || shape.kind === "any") return;
  const [found, want] = [shapeName(shape), shapeName(kind === "bool" ? BOOL : NUMBER)];
  refuse(node, `This is ${found.en}, and ${want.en} is needed.`, `此处是${found.zh}，需要${want.zh}。`);
}

function index(node: Node, scope: Scope): Shape {
  const [ofNode, keyNode] = node.args as [Node, Node];
  const [of, key] = [typeOf(ofNode, scope), typeOf(keyNode, scope)];
  if (of.kind === "list") {
    mustBe(keyNode, key, "number");
    return of.of;
  }
  if (of.kind === "map") return of.of;
  if (of.kind === "object" && keyNode.op === "value" && typeof keyNode.args === "string")
    return field(node, of, keyNode.args);
  if (of.kind === "any" || of.kind === "object") return ANY;
  const { en, zh } = shapeName(of);
  return refuse(node, `${en} has no parts to pick with [ ].`, `${zh}不能用 [ ] 取值。`);
}

function call(node: Node, scope: Scope): Shape {
  const [name, args] = node.args as [string, Node[]];
  if (name === "has") {
    for (const arg of args) typeOf(arg, scope);
    return BOOL;
  }
  const result = Object.hasOwn(calls, name) ? calls[name] : undefined;
  if (!result) return noFunction(node, name);
  for (const arg of args) typeOf(arg, scope);
  return result;
}

const noFunction = (node: Node, name: string): never =>
  refuse(node, `There is no function "${name}". There is: ${known}.`, `没有函数 "${name}"。可用：${known}。`);

function method(node: Node, scope: Scope): Shape {
  const [name, of, args] = node.args as [string, Node, Node[]];
  if (name === "map" || name === "filter" || quantifiers.has(name)) return comprehension(node, scope);
  const result = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (!result) return noFunction(node, name);
  const shape = typeOf(of, scope);
  const wanted: Shape["kind"][] =
    name === "join" ? ["list"] : name === "size" ? ["list", "map", "text", "object"] : ["text"];
  if (shape.kind !== "any" && !wanted.includes(shape.kind)) {
    const found = shapeName(shape);
    refuse(node, `${name}() is not for ${found.en}.`, `${name}() 不适用于${found.zh}。`);
  }
  for (const arg of args) typeOf(arg, scope);
  return result;
}

function comprehension(node: Node, scope: Scope): Shape {
  const [name, of, [variable, ...bodies]] = node.args as [string, Node, Node[]];
  const shape = typeOf(of, scope);
  if (variable?.op !== "id")
    return refuse(node, `${name}(x, …) begins with a name.`, `${name}(x, …) 的第一个参数应为变量名。`);
  if (shape.kind !== "list" && shape.kind !== "map" && shape.kind !== "any") {
    const found = shapeName(shape);
    refuse(of, `${name}() needs a list, and this is ${found.en}.`, `${name}() 需要列表，而此处是${found.zh}。`);
  }
  const item = shape.kind === "list" ? shape.of : shape.kind === "map" ? TEXT : ANY;
  const inner = new Map(scope).set(String(variable.args), item);
  const shapes = bodies.map((body) => typeOf(body, inner));
  const last = shapes.at(-1) ?? ANY;
  const conditions = name === "map" ? bodies.slice(0, -1) : bodies;
  for (const [i, condition] of conditions.entries()) mustBe(condition, shapes[i] ?? ANY, "bool");
  if (name === "map") return { kind: "list", of: plain(last) };
  return name === "filter" ? { kind: "list", of: item } : BOOL;
}

const ordered = new Set(["<", "<=", ">", ">="]);

function binary(node: Node, scope: Scope): Shape {
  if (!Array.isArray(node.args) || node.args.length !== 2)
    return refuse(node, "This cannot be used here.", "此处不能使用该写法。");
  const [leftNode, rightNode] = node.args as [Node, Node];
  const [left, right] = [typeOf(leftNode, scope), typeOf(rightNode, scope)];
  const isOpen = [left, right].some(({ kind }) => kind === "any");
  switch (node.op) {
    case "in":
      if (right.kind !== "list" && right.kind !== "map" && right.kind !== "any") mustList(rightNode, right);
      return BOOL;
    case "==":
    case "!=":
      checkValues(leftNode, left, right);
      checkValues(rightNode, right, left);
      if (!isOpen && left.kind !== right.kind && left.kind !== "null" && right.kind !== "null")
        unlike(node, left, right);
      return BOOL;
    case "+":
      if (!isOpen && left.kind !== right.kind) unlike(node, left, right);
      return isOpen ? ANY : plain(left);
    case "-":
    case "*":
    case "/":
    case "%":
      mustBe(leftNode, left, "number");
      mustBe(rightNode, right, "number");
      return NUMBER;
    default:
      if (!ordered.has(node.op))
        return refuse(node, `"${node.op}" cannot be used here.`, `此处不能使用 "${node.op}"。`);
      if (!isOpen && left.kind !== right.kind) unlike(node, left, right);
      return BOOL;
  }
}

function mustList(node: Node, shape: Shape): never {
  const found = shapeName(shape);
  return refuse(node, `in needs a list, and this is ${found.en}.`, `in 需要列表，而此处是${found.zh}。`);
}

function unlike(node: Node, left: Shape, right: Shape): never {
  const [a, b] = [shapeName(left), shapeName(right)];
  return refuse(
    node,
    `${a.en} and ${b.en} cannot stand on either side of ${node.op}.`,
    `${a.zh}与${b.zh}不能用 ${node.op} 连接。`,
  );
}

/** A state that does not exist: the comparison could never be true. */
function checkValues(node: Node, written: Shape, other: Shape): void {
  if (node.op !== "value" || written.kind !== "text" || other.kind !== "text" || !other.values) return;
  const [value = ""] = written.values ?? [];
  if (other.values.includes(value)) return;
  missing(node, value, other.values);
}
