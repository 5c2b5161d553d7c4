// Types of a condition before it runs: names that do not exist, operands that do not fit. What is only known at run time passes. Next: run.ts.
import { ConditionError } from "./tokens.ts";
import type { Node } from "./tree.ts";
import {
  ANY,
  areComparable,
  arrayOf,
  BOOL,
  FLOAT,
  INT,
  isAny,
  isNumeric,
  MAP,
  nameOf,
  STRING,
  type Type,
  typeOf,
} from "./types.ts";

/** Names that mean something where a node stands: the environment, `let`s, and the element of each closure around. */
export type Scope = { names: ReadonlyMap<string, Type>; elements: readonly Type[] };

/**
 * The type of a condition.
 *
 * @throws ConditionError("type")
 */
export function check(node: Node, scope: Scope): Type {
  switch (node.type) {
    case "literal":
      return typeOf(node.value);
    case "name":
      return scope.names.get(node.name) ?? mistake(`unknown name ${node.name}`);
    case "pointer":
      return pointer(node.name, scope);
    case "unary":
      return unary(node.op, check(node.operand, scope));
    case "binary":
      return binary(node.op, check(node.left, scope), check(node.right, scope));
    case "conditional":
      return conditional(node, scope);
    case "member":
      return member(node.property, check(node.object, scope), check(node.property, scope));
    case "slice":
      return slice(node, scope);
    case "call":
      return call(node.callee, node.args, scope);
    case "predicate":
      return predicate(node.name, check(node.subject, scope), node.body, scope);
    case "array":
      return arrayOf(common(node.items.map((item) => check(item, scope))));
    case "map":
      for (const { key, value } of node.entries) {
        check(key, scope);
        check(value, scope);
      }
      return MAP;
    case "let":
      return declared(node.name, check(node.value, scope), node.body, scope);
    case "chain":
      return check(node.inner, scope);
  }
}

function mistake(message: string): never {
  throw new ConditionError("type", message);
}

function common(types: readonly Type[]): Type {
  const [first] = types;
  return first && types.every(({ kind }) => kind === first.kind) ? first : ANY;
}

function pointer(name: string, scope: Scope): Type {
  if (name === "index") return INT;
  if (name !== "") mistake(`unknown pointer #${name}`);
  return scope.elements.at(-1) ?? mistake("cannot use pointer accessor outside predicate");
}

function declared(name: string, value: Type, body: Node, scope: Scope): Type {
  if (scope.names.has(name)) mistake(`cannot redeclare ${name}`);
  return check(body, { ...scope, names: new Map([...scope.names, [name, value]]) });
}

function unary(op: string, type: Type): Type {
  if (op === "!" && (type.kind === "bool" || isAny(type))) return BOOL;
  if (op !== "!" && (isNumeric(type) || isAny(type))) return type;
  return mistake(`invalid operation: ${op} (mismatched type ${nameOf(type)})`);
}

type Kind = Type["kind"];

/** Both of one of the kinds, or one of them and the other unknown. */
function fits(a: Type, b: Type, ...kinds: Kind[]): boolean {
  const isIn = ({ kind }: Type) => kinds.includes(kind);
  return (isAny(a) && (isAny(b) || isIn(b))) || (isAny(b) && isIn(a));
}

function binary(op: string, a: Type, b: Type): Type {
  const result = operation(op, a, b);
  return result ?? mistake(`invalid operation: ${op} (mismatched types ${nameOf(a)} and ${nameOf(b)})`);
}

/** null: the operands do not fit. */
function operation(op: string, a: Type, b: Type): Type | null {
  const areNumbers = isNumeric(a) && isNumeric(b);
  const areStrings = a.kind === "string" && b.kind === "string";
  const areWhole = a.kind === "int" && b.kind === "int";
  switch (op) {
    case "==":
    case "!=":
      return areComparable(a, b) ? BOOL : null;
    case "&&":
    case "||":
      return (a.kind === "bool" && b.kind === "bool") || fits(a, b, "bool") ? BOOL : null;
    case "<":
    case ">":
    case "<=":
    case ">=":
      return areNumbers || areStrings || fits(a, b, "int", "float", "string") ? BOOL : null;
    case "+":
      return areStrings ? STRING : areNumbers ? wider(a, b) : fits(a, b, "int", "float", "string") ? ANY : null;
    case "-":
    case "*":
      return areNumbers ? wider(a, b) : fits(a, b, "int", "float") ? ANY : null;
    case "/":
    case "**":
      return areNumbers || fits(a, b, "int", "float") ? FLOAT : null;
    case "%":
      return areWhole || fits(a, b, "int") ? INT : null;
    case "..":
      return areWhole || fits(a, b, "int") ? arrayOf(INT) : null;
    case "in":
      return membership(a, b) ? BOOL : null;
    case "??":
      return a.kind === "nil" ? b : b.kind === "nil" || a.kind === b.kind ? a : ANY;
    default:
      return areStrings || fits(a, b, "string") ? BOOL : null;
  }
}

const wider = (a: Type, b: Type) => (a.kind === "float" || b.kind === "float" ? FLOAT : INT);

function membership(item: Type, whole: Type): boolean {
  if (isAny(whole)) return true;
  if (whole.kind === "map") return isAny(item) || item.kind === "string";
  if (whole.kind === "array") return areComparable(item, whole.of);
  return isAny(item) && whole.kind === "string";
}

function conditional(node: Node & { type: "conditional" }, scope: Scope): Type {
  const test = check(node.test, scope);
  if (test.kind !== "bool" && !isAny(test)) mistake(`non-bool expression (type ${nameOf(test)}) used as condition`);
  const yes = check(node.yes, scope);
  const no = check(node.no, scope);
  if (yes.kind === "nil") return no;
  return no.kind === "nil" || yes.kind === no.kind ? yes : ANY;
}

function member(property: Node, object: Type, key: Type): Type {
  if (isAny(object)) return ANY;
  const field = property.type === "literal" && typeof property.value === "string" ? property.value : null;
  if (object.kind === "map") {
    if (key.kind !== "string" && !isAny(key)) mistake(`cannot use ${nameOf(key)} to get an element from a map`);
    return ANY;
  }
  if (object.kind === "array") {
    if (key.kind !== "int" && !isAny(key))
      mistake(`array elements can only be selected using an integer (got ${nameOf(key)})`);
    return object.of;
  }
  if (field !== null) return mistake(`type ${nameOf(object)} has no field ${field}`);
  return mistake(`type ${nameOf(object)}[${nameOf(key)}] is undefined`);
}

function slice(node: Node & { type: "slice" }, scope: Scope): Type {
  const object = check(node.object, scope);
  if (!isAny(object) && object.kind !== "array" && object.kind !== "string") mistake(`cannot slice ${nameOf(object)}`);
  for (const limit of [node.from, node.to]) {
    const type = limit ? check(limit, scope) : INT;
    if (type.kind !== "int" && !isAny(type)) mistake(`non-integer slice index ${nameOf(type)}`);
  }
  return object;
}

function call(callee: Node, args: readonly Node[], scope: Scope): Type {
  const type = check(callee, scope);
  const given = args.map((arg) => check(arg, scope));
  if (isAny(type)) return ANY;
  if (type.kind !== "function") return mistake(`${nameOf(type)} is not callable`);
  if (given.length > type.params.length) mistake("too many arguments to call");
  if (given.length < type.params.length - type.optional) mistake("not enough arguments to call");
  for (const [index, own] of given.entries()) {
    const wanted = type.params[index] ?? ANY;
    const isLiteralNumber = own.kind === "int" && wanted.kind === "float" && args[index]?.type !== "call";
    if (!isAny(wanted) && !isAny(own) && own.kind !== wanted.kind && !isLiteralNumber)
      mistake(`cannot use ${nameOf(own)} as argument (type ${nameOf(wanted)}) to call`);
  }
  return type.out;
}

function predicate(name: string, subject: Type, body: Node | null, scope: Scope): Type {
  if (subject.kind !== "array" && !isAny(subject)) mistake(`builtin ${name} takes only array (got ${nameOf(subject)})`);
  const element = subject.kind === "array" ? subject.of : ANY;
  if (!body && name !== "count" && name !== "sum") mistake(`${name} needs a predicate`);
  const out = body ? check(body, { ...scope, elements: [...scope.elements, element] }) : BOOL;
  if (name === "map") return arrayOf(out);
  if (name === "sum") return body ? out : element;
  if (out.kind !== "bool" && !isAny(out)) mistake(`predicate should return boolean (got ${nameOf(out)})`);
  if (name === "filter") return arrayOf(element);
  if (name === "find" || name === "findLast") return element;
  return name === "count" || name.startsWith("find") ? INT : BOOL;
}
