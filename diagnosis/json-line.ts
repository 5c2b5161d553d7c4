// Log lines that are JSON: which parts of them are said to people, message first. Used by normalise.ts before anything else.

/** A part of the input, or a few characters between two parts. */
export type Part = { from: number; to: number } | { glue: string };

/** Longer lines are read as plain text. */
const LINE_CHARS_MAX = 32_000;
const START = /^[^{"]{0,120}(?=\{\s{0,4}")/;
const PAIR = /"([^"\\\n]{1,60})"\s{0,4}:\s{0,4}"([^"\\]*(?:\\.[^"\\]*)*)"/g;
const MESSAGES = /^(?:log|msg|message|textpayload)$/i;
const ERRORS = /^(?:err|error|errors|cause|exception|reason|stderr|output|detail|details|desc)$/i;
/** Say nothing of the trouble, and look like something else. */
const IDLE = /^(?:time|ts|timestamp|@timestamp|stream|level|severity|caller|logger|v)$/i;

/** Parts of the line input[from, to) in reading order; null when it is no JSON log line. */
export function partsOfJsonLine(input: string, from: number, to: number): Part[] | null {
  if (to - from > LINE_CHARS_MAX || to - from < 10) return null;
  const line = input.slice(from, to);
  if (!line.trimEnd().endsWith("}")) return null;
  const start = START.exec(line);
  if (!start) return null;
  const messages: Part[] = [];
  const errors: Part[] = [];
  const rest: Part[] = [];
  for (const pair of line.matchAll(PAIR)) {
    const [whole, key = "", value = ""] = pair;
    const end = from + pair.index + whole.length - 1;
    const part = { from: end - value.length, to: end };
    if (MESSAGES.test(key)) messages.push(part);
    else if (ERRORS.test(key)) errors.push(part);
    else if (!IDLE.test(key)) rest.push({ glue: `${key}=` }, part, { glue: " " });
  }
  if (messages.length + errors.length === 0) return null;
  const head: Part[] = start[0] === "" ? [] : [{ from, to: from + start[0].length }];
  const said = [...messages, ...errors].flatMap((part, index) => (index === 0 ? [part] : [{ glue: ": " }, part]));
  return [...head, ...said, { glue: " " }, ...rest];
}
