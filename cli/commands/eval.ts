// `./nodeops eval promtext|crilog|kmsg|canary|diagnosis FILE [--json] [--verbose]`: measures a parser, the log rules, the judge or the diagnosis
// against a file of vectors and prints the accuracy.
// FILE is a JSON object with `cases`, a JSON array, or JSON lines. Nothing is sent anywhere; no running console is needed.
import { readFile } from "node:fs/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { z } from "zod";
import { logRules } from "../../log-rules/list.ts";
import { Matcher } from "../../log-rules/matcher.ts";
import { recognise } from "../../log-rules/recognise.ts";
import { parseKlogLine, parseLogrusLine } from "../../parsers/component-log.ts";
import { parseCriLine, parseDockerJsonLine } from "../../parsers/crilog.ts";
import { readContainerLog } from "../../parsers/crilog-read.ts";
import { CRI_LINE_BYTES_MAX, splitToCri } from "../../parsers/crilog-split.ts";
import { parsePromText } from "../../parsers/promtext.ts";
import type { Sample } from "../../parsers/promtext-types.ts";
import { evalCanary, type Mismatch } from "./eval-canary.ts";
import { evalDiagnosis } from "./eval-diagnosis.ts";

/** null: it agrees with the record; otherwise in what it differs, in words or as figures. Throws ZodError when the record is not of the suite's form. */
type Suite = (record: unknown) => string | Mismatch | null;

const SUITES: ReadonlyMap<string, Suite> = new Map<string, Suite>([
  ["promtext", evalPromText],
  ["crilog", evalCriLog],
  ["kmsg", evalKmsg],
  ["canary", evalCanary],
]);

/** Prints figures of its own: one wrong answer is like another to a parser, not to somebody who asks. */
const DIAGNOSIS = "diagnosis";

const USAGE = `usage: nodeops eval ${[...SUITES.keys(), DIAGNOSIS].join("|")} FILE [--json] [--verbose] [--leave-out]`;

/** A problem of the call or of the file, as opposed to a wrong answer of a parser. */
class EvalInputError extends Error {}

/**
 * Runs the command. Prints one line, or with `--json` `{n, correct, accuracy, wrong}` (`wrong`: failing ids, or for canary what differs; with `--verbose`
 * also `failures` with reasons).
 *
 * @returns 0 when measured, whatever the accuracy; 2 when the call or the file is wrong
 */
export async function runEval(args: string[]): Promise<number> {
  try {
    const { suiteName, suite, file, isJson, isVerbose, isLeftOut } = parseCall(args);
    const records = await readRecords(file);
    if (suite === null) {
      evalDiagnosis(records, { isJson, isVerbose, isLeftOut });
      return 0;
    }
    const verdicts = records.map((record, index) => ({ id: idOf(record, index), ...judge(suite, record) }));
    if (verdicts.every(({ isForeign }) => isForeign)) throw new EvalInputError(`${file}: no ${suiteName} record in it`);
    const failures = verdicts.flatMap(({ id, reason }) => (reason === null ? [] : [{ id, reason }]));
    const n = records.length;
    const correct = n - failures.length;
    const accuracy = correct / n;
    if (isJson) {
      console.log(
        JSON.stringify({ n, correct, accuracy, wrong: failures.map(wrongOf), ...(isVerbose && { failures }) }),
      );
    } else {
      console.log(`${suiteName}: ${correct} of ${n} correct (${(accuracy * 100).toFixed(1)} %)`);
      if (isVerbose) for (const { id, reason } of failures) console.log(`  ${id}: ${inWords(reason)}`);
    }
    return 0;
  } catch (err) {
    if (err instanceof EvalInputError) console.error(err.message);
    else if (err instanceof z.ZodError) console.error(`record not understood: ${z.prettifyError(err)}`);
    else throw err;
    return 2;
  }
}

type Failure = { id: string; reason: string | Mismatch };

function wrongOf({ id, reason }: Failure): string | object {
  return typeof reason === "string" ? id : { id, ...reason };
}

function inWords(reason: string | Mismatch): string {
  if (typeof reason === "string") return reason;
  return `${reason.kind} "${reason.name}": expected ${JSON.stringify(reason.expected)}, got ${JSON.stringify(reason.got)}`;
}

function parseCall(args: string[]) {
  const { values, positionals } = parseCallArgs(args);
  const [suiteName = "", file, ...extra] = positionals;
  const suite = suiteName === DIAGNOSIS ? null : SUITES.get(suiteName);
  if (suite === undefined || !file || extra.length > 0) throw new EvalInputError(USAGE);
  const { json: isJson, verbose: isVerbose, "leave-out": isLeftOut } = values;
  return { suiteName, suite, file, isJson, isVerbose, isLeftOut };
}

function parseCallArgs(args: string[]) {
  const flag = { type: "boolean", default: false } as const;
  try {
    // --data is common to all commands and has no meaning here.
    const options = { json: flag, verbose: flag, "leave-out": flag, data: { type: "string" } } as const;
    return parseArgs({ args, allowPositionals: true, options });
  } catch (err) {
    throw new EvalInputError(`${messageOf(err)}\n${USAGE}`);
  }
}

async function readRecords(file: string): Promise<unknown[]> {
  const text = await readFile(file, "utf8").catch((err: unknown) => {
    throw new EvalInputError(`cannot read ${file}: ${messageOf(err)}`);
  });
  const whole = parseJson(text);
  const cases = Array.isArray(whole)
    ? whole
    : (z.object({ cases: z.array(z.unknown()) }).safeParse(whole).data?.cases ?? null);
  if (cases) return cases;
  return text.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    const record = parseJson(line);
    if (record === undefined) throw new EvalInputError(`${file}: line ${index + 1} is not JSON`);
    return [record];
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // the caller knows where the text stands and says so
  }
}

/** A record of a form that the suite does not know is foreign, and counts as wrong: a file cannot pass by being unreadable. */
function judge(suite: Suite, record: unknown): { reason: string | Mismatch | null; isForeign: boolean } {
  try {
    return { reason: suite(record), isForeign: false };
  } catch (err) {
    if (!(err instanceof z.ZodError)) throw err;
    return { reason: `record not understood: ${z.prettifyError(err)}`, isForeign: true };
  }
}

function idOf(record: unknown, index: number): string {
  return z.object({ id: z.string() }).safeParse(record).data?.id ?? `#${index + 1}`;
}

function messageOf(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}

// ── promtext ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const NumberWord = z.union([z.number(), z.enum(["NaN", "+Inf", "-Inf"])]);

const ExpectedSample = z.object({
  family: z.string(),
  type: z.string(),
  name: z.string(),
  labels: z.record(z.string(), z.string()),
  value: NumberWord,
  timestamp: NumberWord.nullable(),
});

const PromTextRecord = z.object({
  format: z.enum(["prometheus-text", "openmetrics-text"]),
  input: z.string(),
  input_encoding: z.enum(["utf8", "latin1"]).nullish(),
  valid: z.boolean(),
  valid_under_legacy_names: z.boolean().nullish(),
  expected_samples: z.array(ExpectedSample).nullish(),
});

function evalPromText(record: unknown): string | null {
  const { format, input, input_encoding, valid, valid_under_legacy_names, expected_samples } =
    PromTextRecord.parse(record);
  const text = input_encoding === "latin1" ? Buffer.from(input, "latin1") : input;
  const dialect = format === "openmetrics-text" ? "openmetrics" : "prometheus";
  const result = parsePromText(text, { format: dialect });
  if (result.ok !== valid)
    return result.ok ? "accepted, expected a refusal" : `refused: line ${result.line}: ${result.reason}`;
  if (typeof valid_under_legacy_names === "boolean") {
    const legacy = parsePromText(text, { format: dialect, names: "legacy" });
    if (legacy.ok !== valid_under_legacy_names) return `${legacy.ok ? "accepted" : "refused"} under legacy names`;
  }
  return result.ok && expected_samples ? differingSample(result.samples, expected_samples) : null;
}

function differingSample(samples: Sample[], expected: z.infer<typeof ExpectedSample>[]): string | null {
  if (samples.length !== expected.length) return `${samples.length} samples, expected ${expected.length}`;
  const differing = expected.findIndex((want, i) => {
    const got = samples[i];
    return (
      got?.family !== want.family ||
      got.type !== want.type ||
      got.name !== want.name ||
      !isDeepStrictEqual({ ...got.labels }, want.labels) ||
      !isSameNumber(got.value, want.value) ||
      !isSameNumber(got.timestampSeconds, want.timestamp)
    );
  });
  return differing === -1 ? null : `sample ${differing + 1} is ${JSON.stringify(samples[differing])}`;
}

/** Equal, or a rounding of the last digits apart (the vectors passed through another language's number printing). */
function isSameNumber(got: number | null, want: z.infer<typeof NumberWord> | null): boolean {
  if (got === null || want === null) return got === want;
  const number = typeof want === "number" ? want : Number(want.replace("Inf", "Infinity"));
  return Object.is(got, number) || (Number.isFinite(number) && Math.abs(got - number) <= 1e-12 * Math.abs(number));
}

// ── crilog ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const LINE_PARSERS = new Map<string, (line: string) => object | null>([
  ["cri", parseCriLine],
  ["docker-json", parseDockerJsonLine],
  ["klog", parseKlogLine],
  ["logrus", parseLogrusLine],
]);

const ReadOptions = z.strictObject({
  tail: z.number().int().nonnegative().nullish(),
  limit_bytes: z.number().int().nonnegative().nullish(),
  since: z.string().nullish(),
  since_time: z.string().nullish(),
  timestamps: z.boolean().nullish(),
  stream: z.enum(["stdout", "stderr"]).nullish(),
  /** Changes nothing here: the vectors' files are complete. */
  follow: z.boolean().nullish(),
});

const MaxLine = z.union([z.literal("default"), z.number().int()]).nullish();

const CriLogRecord = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("parse_line"), format: z.string(), line: z.string(), expected: z.unknown() }),
  z.object({
    kind: z.literal("read_logs"),
    file_lines: z.array(z.string()),
    options: ReadOptions,
    expected: z.unknown(),
  }),
  z.object({ kind: z.literal("split_to_cri"), input: z.string(), max_line: MaxLine, expected: z.unknown() }),
  z.object({ kind: z.literal("split_to_cri_lengths"), name: z.string(), max_line: MaxLine, expected: z.unknown() }),
]);

function evalCriLog(record: unknown): string | null {
  const parsed = CriLogRecord.parse(record);
  const got = answer(parsed);
  const isRefusalExpected = z.object({ error: z.unknown() }).safeParse(parsed.expected).success;
  const expected = isRefusalExpected ? null : (parsed.expected ?? null);
  return isDeepStrictEqual(got, expected) ? null : `got ${JSON.stringify(got)}`;
}

function answer(record: z.infer<typeof CriLogRecord>): unknown {
  switch (record.kind) {
    case "parse_line":
      return LINE_PARSERS.get(record.format)?.(record.line) ?? null;
    case "read_logs": {
      const { tail, limit_bytes, since, since_time, timestamps, stream } = record.options;
      return readContainerLog(record.file_lines, {
        tailLines: tail ?? undefined,
        limitBytes: limit_bytes ?? undefined,
        since: since ?? since_time ?? undefined,
        timestamps: timestamps ?? undefined,
        stream: stream ?? undefined,
      });
    }
    case "split_to_cri":
      return split(record.input, record.max_line).map(({ tag, content }) => ({ tag, content: content.toString() }));
    case "split_to_cri_lengths": {
      const input = describedInput(record.name);
      return input && split(input, record.max_line).map(({ tag, content }) => ({ tag, length: content.length }));
    }
  }
}

function split(input: string, maxLine: z.infer<typeof MaxLine>) {
  const lineBytesMax = maxLine === "default" ? CRI_LINE_BYTES_MAX : (maxLine ?? 0);
  return splitToCri(Buffer.from(input), lineBytesMax).map(({ tag, content }) => ({
    tag,
    content: Buffer.from(content),
  }));
}

/** The long inputs are only described, in words: `… (16385 x "a" + newline)`. */
function describedInput(name: string): string | null {
  const match = /(\d{1,8}) x "([^"]{1,64})"( \+ newline)?/.exec(name);
  return match ? (match[2] ?? "").repeat(Number(match[1])) + (match[3] ? "\n" : "") : null;
}

// ── kmsg ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const KmsgRecord = z.object({
  text: z.string(),
  /** Name, here or in another project, of a rule that the text must raise or clear; null: it must raise none. */
  expected: z.string().nullable(),
  not_expected: z.string().nullish(),
});

let matcher: Matcher | null = null;

function evalKmsg(record: unknown): string | null {
  const { text, expected, not_expected } = KmsgRecord.parse(record);
  matcher ??= new Matcher(logRules);
  const { raised, cleared } = recognise(text, matcher);
  const names = new Set([...raised, ...cleared]);
  if (not_expected && names.has(not_expected)) return `raised ${not_expected}`;
  if (expected === null) return raised.size === 0 ? null : `raised ${[...raised].join(", ")}`;
  return names.has(expected) ? null : `${expected} not among: ${[...names].join(", ") || "nothing"}`;
}
