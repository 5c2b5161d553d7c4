// A place among the tokens of a condition: looking ahead, taking, refusing. Used by syntax.ts.
import { ConditionError, type Token } from "./tokens.ts";

/** Never beyond the end: there stands a token of its own. */
export class Cursor {
  readonly #tokens: Token[];
  #at = 0;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  skip(count = 1): void {
    this.#at += count;
  }

  token(ahead = 0): Token {
    return this.#tokens[this.#at + ahead] ?? { kind: "end", text: "end" };
  }

  is(text: string, ahead = 0): boolean {
    const { kind, text: own } = this.token(ahead);
    return own === text && (kind === "operator" || kind === "bracket");
  }

  take(text: string): boolean {
    if (!this.is(text)) return false;
    this.#at++;
    return true;
  }

  expect(text: string): void {
    if (!this.take(text)) throw this.unexpected();
  }

  name(): string {
    const { kind, text } = this.token();
    if (kind !== "name") throw this.unexpected();
    this.#at++;
    return text;
  }

  unexpected(): ConditionError {
    return new ConditionError("syntax", `unexpected token ${this.token().text}`);
  }
}
