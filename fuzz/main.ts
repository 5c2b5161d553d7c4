// `node fuzz/main.ts`: throws a million inputs at each decoder that reads what others send. No crash, nothing over 50 ms, no memory kept, no
// prototype changed. Section "fuzz" of `./nodeops test`.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Decoder, fromWord } from "./decoder.ts";
import { decoders } from "./decoders/index.ts";
import { partsOf, runParts } from "./pool.ts";
import { type Failure, inputAt, merge, type Report, tryInput, useless } from "./run.ts";

const HELP = `node fuzz/main.ts [--inputs N] [--seed S] [--threads N] [--only NAME,…] [--json] [--report FILE]
node fuzz/main.ts --only NAME --seed S --index I     one input again, by its number
node fuzz/main.ts --only NAME --input WORD           one input again, as a failure printed it
node fuzz/main.ts --list`;

/** Inputs per decoder unless told. */
const INPUTS = 1_000_000;

const { values } = parseArgs({
  options: {
    inputs: { type: "string", default: String(INPUTS) },
    seed: { type: "string", default: "1" },
    threads: { type: "string", default: "2" },
    only: { type: "string" },
    index: { type: "string" },
    input: { type: "string" },
    list: { type: "boolean" },
    json: { type: "boolean" },
    report: { type: "string" },
    help: { type: "boolean" },
  },
});

const say = (text: string): void => void (values.json ? process.stderr : process.stdout).write(`${text}\n`);

/** @throws Error for a name that is not on the list */
function chosen(): Decoder[] {
  const names = values.only?.split(",").filter((name) => name !== "");
  const unknown = names?.find((name) => !decoders.some((decoder) => decoder.name === name));
  if (unknown)
    throw new Error(`there is no decoder ${unknown}; choose from ${decoders.map(({ name }) => name).join(", ")}`);
  return decoders.filter(({ name }) => !names || names.includes(name));
}

const inputsOf = ({ share }: Decoder): number => Math.ceil(Number(values.inputs) * (share?.of ?? 1));

function showFailure({ decoder, seed, index, input, reason }: Failure): void {
  say(`✗ ${decoder}, seed ${seed}, input ${index}: ${reason}`);
  // A long one is had by its number.
  say(`  input: ${input.length > 4_000 ? `${input.slice(0, 80)}… (${input.length} characters)` : input}`);
  say(`  again: node fuzz/main.ts --only ${decoder} --seed ${seed} --index ${index}`);
}

const percent = (share: number): string => `${(share * 100).toFixed(share > 0 && share < 0.001 ? 3 : 1)} %`;

function showRow(report: Report): void {
  const { decoder, inputs, accepted, ms, worstMs, heapGrowthBytes } = report;
  say(
    `${report.failure ? "✗" : "✓"} ${decoder.padEnd(18)} ${inputs.toLocaleString("en").padStart(11)} inputs  accepted ${percent(accepted / Math.max(1, inputs)).padStart(7)}` +
      `  worst ${worstMs.toFixed(1).padStart(5)} ms  ${Math.round(inputs / Math.max(0.001, ms / 1_000))
        .toLocaleString("en")
        .padStart(8)}/s` +
      `  heap ${(heapGrowthBytes / 1_048_576).toFixed(1).padStart(5)} MiB`,
  );
}

async function one(decoder: Decoder): Promise<number> {
  const input = values.input ? fromWord(values.input) : inputAt(decoder, Number(values.seed), Number(values.index));
  say(
    typeof input === "string"
      ? JSON.stringify(input.slice(0, 2_000))
      : Buffer.from(input).toString("hex").slice(0, 2_000),
  );
  const { accepted, ms, reason } = await tryInput(decoder, input);
  say(`${decoder.name}: ${reason ?? (accepted ? "accepted" : "refused")}, ${ms.toFixed(2)} ms`);
  return reason ? 1 : 0;
}

/** What is left for `--report` and `--json`: one entry a decoder. */
type Outcome = Report & { problem: string | null };

function conclude(
  outcomes: readonly Outcome[],
  list: readonly Decoder[],
  begun: number,
  isInterrupted: boolean,
): number {
  for (const { decoder, problem } of outcomes) if (problem) say(`✗ ${decoder}: ${problem}`);
  for (const { name, share } of list) if (share) say(`  ${name}: fewer inputs, because ${share.why}`);
  const inputs = outcomes.reduce((sum, report) => sum + report.inputs, 0);
  const faults = outcomes.filter(({ failure, problem }) => failure || problem).length;
  const seconds = Math.round((performance.now() - begun) / 1_000);
  say(`${inputs.toLocaleString("en")} inputs in ${seconds} s, ${faults} decoders with faults`);
  const text = JSON.stringify({ inputs, seconds, isInterrupted, decoders: outcomes });
  if (values.report) writeFileSync(values.report, text);
  if (values.json) console.log(text);
  return faults > 0 || isInterrupted ? 1 : 0;
}

async function all(list: readonly Decoder[]): Promise<number> {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());
  const begun = performance.now();
  const seed = Number(values.seed);
  const parts = list.flatMap((decoder) => partsOf(decoder, seed, inputsOf(decoder)));
  const open = new Map(list.map(({ name }) => [name, [] as Report[]]));
  const outcomes: Outcome[] = [];
  say(`seed ${seed}, ${list.length} decoders, ${values.threads} threads`);
  await runParts(list, parts, {
    threads: Number(values.threads),
    signal: abort.signal,
    onReport(report) {
      const reports = open.get(report.decoder);
      if (!reports) return; // a part that was under way when another failed
      reports.push(report);
      if (report.failure) showFailure(report.failure);
      else if (reports.length < parts.filter(({ decoder }) => decoder === report.decoder).length) return;
      open.delete(report.decoder);
      const whole = merge(reports);
      showRow(whole);
      outcomes.push({ ...whole, problem: whole.failure ? null : useless(whole) });
    },
  });
  return conclude(outcomes, list, begun, abort.signal.aborted);
}

async function main(): Promise<number> {
  if (values.help) {
    say(HELP);
    return 0;
  }
  const list = chosen();
  if (values.list) {
    for (const { name, what } of list) say(`${name.padEnd(18)} ${what}`);
    return 0;
  }
  const [first] = list;
  if (values.input === undefined && values.index === undefined) return all(list);
  if (!first || list.length !== 1) throw new Error("name one decoder with --only");
  return one(first);
}

process.exitCode = await main().catch((err: unknown) => {
  console.error(err instanceof Error ? err.message : err);
  return 2;
});
