// Why an expression is not taken, with its place in the text.
import type { Text } from "../../protocol/text.ts";

export class Refusal extends Error {
  readonly text: Text;
  readonly start: number | null;
  readonly end: number | null;
  constructor(text: Text, start: number | null, end: number | null) {
    super(text.en);
    this.text = text;
    this.start = start;
    this.end = end;
  }
}
