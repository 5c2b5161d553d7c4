// Tokens of a condition → its tree, by precedence climbing with expr's table. Next: check.ts.
import { PREDICATE_BUILTINS } from "./builtin-names.ts";
import { Cursor } from "./cursor.ts";
import { ConditionError, type Token, tokenize } from "./tokens.ts";
import { BINARY, COMPARISONS, MAY_BE_NEGATED, type Node, RIGHT_ASSOCIATIVE, SAME_AS, UNARY } from "./tree.ts";

/** Nesting beyond which a condition is refused: the tree is walked recursively. */
const DEPTH_MAX = 100;

/** @throws ConditionError("syntax") */
export function parseCondition(source: string): Node {
  const parser = new Parser(tokenize(source));
  return parser.whole();
}

class Parser {
  readonly #at: Cursor;
  #depth = 0;
  /** How many closures enclose this place: `#` means something only there. */
  #closures = 0;

  constructor(tokens: Token[]) {
    this.#at = new Cursor(tokens);
  }

  whole(): Node {
    const node = this.#sequence();
    if (this.#at.token().kind !== "end") throw this.#at.unexpected();
    return node;
  }

  /** Of `a; b` only the last counts: nothing here has effects. `let x = a; b` names a value. */
  #sequence(): Node {
    let node = this.#expression(0);
    while (this.#at.take(";") && this.#at.token().kind !== "end") node = this.#expression(0);
    return node;
  }

  #expression(precedence: number): Node {
    if (++this.#depth > DEPTH_MAX) throw new ConditionError("syntax", "nested too deeply");
    if (precedence === 0 && this.#at.is("let")) return this.#shallower(this.#declaration());
    if (precedence === 0 && this.#at.is("if")) return this.#shallower(this.#ifElse());
    const node = this.#operators(this.#unaryOrPrimary(), precedence);
    return this.#shallower(precedence === 0 ? this.#ternary(node) : node);
  }

  #shallower(node: Node): Node {
    this.#depth--;
    return node;
  }

  #operators(first: Node, precedence: number): Node {
    let left = first;
    for (let previous = ""; ; ) {
      const isNegated = this.#at.is("not");
      if (isNegated && !MAY_BE_NEGATED.has(this.#at.token(1).text)) throw this.#at.unexpected();
      const token = this.#at.token(isNegated ? 1 : 0);
      const own = token.kind === "operator" ? BINARY[token.text] : undefined;
      if (own === undefined || own < precedence) return left;
      if (previous === "??" && token.text !== "??")
        throw new ConditionError("syntax", `${token.text} and ?? cannot be mixed without parentheses`);
      this.#at.skip(isNegated ? 2 : 1);
      left = this.#operation(left, token.text, own);
      if (isNegated) left = { type: "unary", op: "!", operand: left };
      previous = token.text;
    }
  }

  #operation(left: Node, text: string, precedence: number): Node {
    if (text === "|") return this.#postfix(this.#call(this.#at.name(), [left]));
    if (COMPARISONS.has(text)) return this.#comparisons(left, text, precedence);
    const right = this.#expression(RIGHT_ASSOCIATIVE.has(text) ? precedence : precedence + 1);
    return { type: "binary", op: SAME_AS[text] ?? text, left, right };
  }

  /** `1 < x < 3` means `1 < x and x < 3`. */
  #comparisons(first: Node, text: string, precedence: number): Node {
    let left = first;
    let all: Node | null = null;
    for (let op = text; ; ) {
      const right = this.#expression(precedence + 1);
      const one: Node = { type: "binary", op, left, right };
      all = all ? { type: "binary", op: "&&", left: all, right: one } : one;
      const next = this.#at.token();
      if (next.kind !== "operator" || !COMPARISONS.has(next.text)) return all;
      this.#at.skip();
      left = right;
      op = next.text;
    }
  }

  #declaration(): Node {
    this.#at.expect("let");
    const name = this.#at.name();
    this.#at.expect("=");
    const value = this.#expression(0);
    this.#at.expect(";");
    return { type: "let", name, value, body: this.#sequence() };
  }

  #ifElse(): Node {
    this.#at.expect("if");
    const test = this.#expression(0);
    const yes = this.#braced();
    this.#at.expect("else");
    return { type: "conditional", test, yes, no: this.#at.is("if") ? this.#expression(0) : this.#braced() };
  }

  #braced(): Node {
    this.#at.expect("{");
    const node = this.#sequence();
    this.#at.expect("}");
    return node;
  }

  #ternary(test: Node): Node {
    let node = test;
    while (this.#at.take("?")) {
      const yes: Node = this.#at.is(":") ? node : this.#expression(0);
      this.#at.expect(":");
      node = { type: "conditional", test: node, yes, no: this.#expression(0) };
    }
    return node;
  }

  #unaryOrPrimary(): Node {
    const { kind, text } = this.#at.token();
    const precedence = kind === "operator" ? UNARY[text] : undefined;
    if (precedence === undefined) return this.#primary();
    this.#at.skip();
    return this.#postfix({ type: "unary", op: SAME_AS[text] ?? text, operand: this.#expression(precedence) });
  }

  #primary(): Node {
    if (this.#at.take("(")) {
      const node = this.#sequence();
      this.#at.expect(")");
      return this.#postfix(node);
    }
    if (this.#closures > 0 && this.#at.is(".")) return this.#postfix({ type: "pointer", name: "" });
    if (this.#closures > 0 && this.#at.take("#"))
      return this.#postfix({ type: "pointer", name: this.#at.token().kind === "name" ? this.#at.name() : "" });
    if (this.#at.take("[")) return this.#postfix({ type: "array", items: this.#list("]") });
    if (this.#at.is("{")) return this.#postfix(this.#mapLiteral());
    this.#at.take("::");
    const { kind, text, value } = this.#at.token();
    if (kind === "number" || kind === "string") {
      this.#at.skip();
      const literal: Node = { type: "literal", value: value ?? null };
      return kind === "string" ? this.#postfix(literal) : literal;
    }
    const name = this.#at.name();
    if (text === "true" || text === "false") return { type: "literal", value: text === "true" };
    if (text === "nil") return { type: "literal", value: null };
    return this.#postfix(this.#at.is("(") ? this.#call(name, []) : { type: "name", name });
  }

  #call(name: string, before: Node[]): Node {
    this.#at.expect("(");
    if (!PREDICATE_BUILTINS.has(name))
      return { type: "call", callee: { type: "name", name }, args: [...before, ...this.#list(")")] };
    const [subject = this.#expression(0)] = before;
    const hasBody = before.length > 0 ? !this.#at.is(")") : this.#at.take(",");
    const body = hasBody ? this.#closure() : null;
    this.#at.take(",");
    this.#at.expect(")");
    return { type: "predicate", name, subject, body };
  }

  #closure(): Node {
    this.#closures++;
    const body = this.#at.is("{") ? this.#braced() : this.#expression(0);
    this.#closures--;
    return body;
  }

  #list(end: string): Node[] {
    const items: Node[] = [];
    while (!this.#at.take(end)) {
      if (items.length > 0) this.#at.expect(",");
      if (items.length > 0 && this.#at.take(end)) break;
      items.push(this.#expression(0));
    }
    return items;
  }

  #mapLiteral(): Node {
    this.#at.expect("{");
    const entries: { key: Node; value: Node }[] = [];
    while (!this.#at.take("}")) {
      if (entries.length > 0) this.#at.expect(",");
      if (entries.length > 0 && this.#at.take("}")) break;
      const key = this.#mapKey();
      this.#at.expect(":");
      entries.push({ key, value: this.#expression(0) });
    }
    return { type: "map", entries };
  }

  #mapKey(): Node {
    if (this.#at.is("(")) return this.#expression(0);
    const { kind, text, value } = this.#at.token();
    if (kind !== "name" && kind !== "string" && kind !== "number") throw this.#at.unexpected();
    this.#at.skip();
    return { type: "literal", value: kind === "string" ? String(value) : text };
  }

  #postfix(first: Node): Node {
    let node = first;
    let isCutShort = false;
    for (;;) {
      if (this.#at.is(".") || this.#at.is("?.")) {
        const isOptional = this.#at.is("?.");
        isCutShort ||= isOptional;
        this.#at.skip();
        node = isOptional && this.#at.is("[") ? this.#indexed(node, true) : this.#field(node, isOptional);
      } else if (this.#at.is("[")) node = this.#indexed(node, false);
      else if (this.#at.is("(") && node.type === "member")
        node = { type: "call", callee: node, args: this.#arguments() };
      else return isCutShort ? { type: "chain", inner: node } : node;
    }
  }

  #arguments(): Node[] {
    this.#at.expect("(");
    return this.#list(")");
  }

  #field(object: Node, isOptional: boolean): Node {
    const { kind, text } = this.#at.token();
    if (kind !== "name" && !(kind === "operator" && /^\p{L}/u.test(text))) throw this.#at.unexpected();
    this.#at.skip();
    return { type: "member", object, property: { type: "literal", value: text }, isOptional };
  }

  #indexed(object: Node, isOptional: boolean): Node {
    this.#at.expect("[");
    if (this.#at.take(":")) return this.#sliced(object, null);
    const property = this.#expression(0);
    if (this.#at.take(":")) return this.#sliced(object, property);
    this.#at.expect("]");
    return { type: "member", object, property, isOptional };
  }

  #sliced(object: Node, from: Node | null): Node {
    const to = this.#at.is("]") ? null : this.#expression(0);
    this.#at.expect("]");
    return { type: "slice", object, from, to };
  }
}
