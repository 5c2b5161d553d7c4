// `matches`: regular expressions in RE2's dialect, run by following all branches at once. Time is (pattern × text); JavaScript's own engine may hang.
import { type PatternNode, parsePattern } from "./pattern-syntax.ts";
import { ConditionError } from "./tokens.ts";

/** Instructions a pattern may become; bounded repetition multiplies them. */
const PROGRAM_MAX = 2000;

type Instruction =
  | { op: "test"; accepts: (char: string) => boolean }
  | { op: "assert"; holds: (before: string, after: string) => boolean }
  | { op: "split"; to: [number, number] }
  | { op: "jump"; to: number }
  | { op: "match" };

/**
 * Whether the pattern occurs anywhere in the text, and what the search cost.
 *
 * @throws ConditionError("runtime") for a pattern that is not RE2's, or too large
 */
export function matchesPattern(pattern: string, text: string): { isMatch: boolean; steps: number } {
  const program = compile(parsePattern(pattern));
  const chars = [...text];
  let steps = program.length;
  let states = new Set<number>();
  for (let at = 0; at <= chars.length; at++) {
    states.add(0);
    const reached = closure(program, states, chars[at - 1] ?? "", chars[at] ?? "");
    steps += reached.size + 1;
    if ([...reached].some((index) => program[index]?.op === "match")) return { isMatch: true, steps };
    states = new Set<number>();
    for (const index of reached) {
      const instruction = program[index];
      if (instruction?.op === "test" && at < chars.length && instruction.accepts(chars[at] ?? ""))
        states.add(index + 1);
    }
  }
  return { isMatch: false, steps };
}

/** All states that are reached without reading a character. */
function closure(
  program: readonly Instruction[],
  from: ReadonlySet<number>,
  before: string,
  after: string,
): Set<number> {
  const reached = new Set(from);
  // A set that grows while it is walked is walked to its end.
  for (const index of reached) {
    const instruction = program[index];
    if (instruction?.op === "split") for (const to of instruction.to) reached.add(to);
    else if (instruction?.op === "jump") reached.add(instruction.to);
    else if (instruction?.op === "assert" && instruction.holds(before, after)) reached.add(index + 1);
  }
  return reached;
}

function compile(root: PatternNode): Instruction[] {
  const program: Instruction[] = [];
  emit(root, program);
  program.push({ op: "match" });
  return program;
}

function emit(node: PatternNode, program: Instruction[]): void {
  if (program.length > PROGRAM_MAX) throw new ConditionError("runtime", "pattern is too large");
  switch (node.type) {
    case "char":
      program.push({ op: "test", accepts: node.accepts });
      return;
    case "assert":
      program.push({ op: "assert", holds: node.holds });
      return;
    case "sequence":
      for (const part of node.parts) emit(part, program);
      return;
    case "either":
      either(node.options, program);
      return;
    case "repeat":
      for (let i = 0; i < node.min; i++) emit(node.part, program);
      if (node.max === null) star(node.part, program);
      else for (let i = node.min; i < node.max; i++) either([node.part, { type: "sequence", parts: [] }], program);
  }
}

function either(options: readonly PatternNode[], program: Instruction[]): void {
  const [first, ...rest] = options;
  if (!first) return;
  if (rest.length === 0) {
    emit(first, program);
    return;
  }
  const split = program.push({ op: "jump", to: 0 }) - 1;
  emit(first, program);
  const jump = program.push({ op: "jump", to: 0 }) - 1;
  program[split] = { op: "split", to: [split + 1, program.length] };
  either(rest, program);
  program[jump] = { op: "jump", to: program.length };
}

function star(part: PatternNode, program: Instruction[]): void {
  const split = program.push({ op: "jump", to: 0 }) - 1;
  emit(part, program);
  program.push({ op: "jump", to: split });
  program[split] = { op: "split", to: [split + 1, program.length] };
}
