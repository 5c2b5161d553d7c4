// The harness: draws inputs for one decoder, and fails on a thrown error, a slow input, a polluted prototype, or memory that does not come back.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Decoder, type Input, toWord } from "./decoder.ts";
import { hashName, Random } from "./random.ts";

/** Longest that one input may take, ms. */
export const INPUT_MS_MAX = 50;
/** How much the heap may grow over a run, after collection, bytes. */
export const HEAP_GROWTH_BYTES_MAX = 64 * 1024 * 1024;
/** Prototypes are compared this often; enumerable additions are seen at once. */
const PROTOTYPE_EVERY = 1_000;
/** A slow input is measured again this often, in time of its own; the shortest counts, so that a busy machine is not taken for a slow decoder. */
const REPEATS = 4;

export type Failure = { decoder: string; seed: number; index: number; input: string; reason: string };

export type Report = {
  decoder: string;
  seed: number;
  inputs: number;
  accepted: number;
  ms: number;
  /** Longest time of one input, shortest of several measurements. */
  worstMs: number;
  worstIndex: number;
  heapGrowthBytes: number;
  failure: Failure | null;
};

/** The input of that number. */
export const inputAt = (decoder: Decoder, seed: number, index: number): Input =>
  decoder.generate(new Random(seed, hashName(decoder.name), index));

const watched = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype, Object];
const signature = (): string =>
  watched.map((target) => Reflect.ownKeys(target).map(String).join()).join("\n") +
  // The constructors' own prototypes: what "constructor.prototype.x" would write to.
  String(Object.getPrototypeOf(Object.prototype));

function hasNewKey(): boolean {
  for (const _key in {}) return true;
  return false;
}

let collect: (() => void) | undefined;
/** Bytes in use after collection: heap and what lies outside it. */
function usedBytes(): number {
  if (!collect) {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  }
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** The error's own words; with the stack that was left out while running. */
async function wordsOf(decoder: Decoder, input: Input, first: unknown): Promise<string> {
  const words = (err: unknown) => `threw ${err instanceof Error ? (err.stack ?? err.message) : String(err)}`;
  try {
    await decoder.decode(input);
  } catch (err) {
    return words(err);
  }
  return `${words(first)} (not the second time: the decoder keeps something between inputs)`;
}

/** This thread's own time, ms, where Node can tell (24): what other programs take of the processor does not count. */
function ownMs(): number {
  if (!process.threadCpuUsage) return performance.now();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

async function timeOf(decoder: Decoder, input: Input): Promise<number> {
  const begun = ownMs();
  await decoder.decode(input);
  return ownMs() - begun;
}

/** Why this one input is a fault, or null. Never throws. */
export async function tryInput(
  decoder: Decoder,
  input: Input,
): Promise<{ accepted: boolean; ms: number; reason: string | null }> {
  const before = signature();
  const begun = performance.now();
  let accepted = false;
  try {
    accepted = await decoder.decode(input);
  } catch (err) {
    return {
      accepted,
      ms: performance.now() - begun,
      reason: `threw ${err instanceof Error ? err.stack : String(err)}`,
    };
  }
  let ms = performance.now() - begun;
  for (let i = 0; i < REPEATS && ms > INPUT_MS_MAX; i++) ms = Math.min(ms, await timeOf(decoder, input));
  const reason =
    hasNewKey() || signature() !== before
      ? "changed a prototype"
      : ms > INPUT_MS_MAX
        ? `took ${ms.toFixed(0)} ms (limit ${INPUT_MS_MAX})`
        : null;
  return { accepted, ms, reason };
}

type Range = { seed: number; from: number; to: number; onInput?: (index: number) => void };

/** Runs the inputs `from` … `to` − 1 of a seed; stops at the first fault. `onInput` is told each number before it is tried. */
export async function runDecoder(decoder: Decoder, { seed, from, to, onInput }: Range): Promise<Report> {
  const stream = hashName(decoder.name);
  const report: Report = {
    decoder: decoder.name,
    seed,
    inputs: 0,
    accepted: 0,
    ms: 0,
    worstMs: 0,
    worstIndex: from,
    heapGrowthBytes: 0,
    failure: null,
  };
  const fail = (index: number, reason: string) => {
    report.failure = { decoder: decoder.name, seed, index, input: toWord(inputAt(decoder, seed, index)), reason };
  };
  const before = signature();
  // Refusals are errors in places; a stack for each would be most of the time.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  const heapBefore = usedBytes();
  const begun = performance.now();
  for (let index = from; index < to && !report.failure; index++) {
    onInput?.(index);
    const input = decoder.generate(new Random(seed, stream, index));
    const started = performance.now();
    try {
      const result = decoder.decode(input);
      if (typeof result === "boolean" ? result : await result) report.accepted++;
    } catch (err) {
      Error.stackTraceLimit = stackTraceLimit;
      fail(index, await wordsOf(decoder, input, err));
    }
    let ms = performance.now() - started;
    report.inputs++;
    for (let i = 0; i < REPEATS && ms > report.worstMs && !report.failure; i++)
      ms = Math.min(ms, await timeOf(decoder, input));
    if (ms > report.worstMs) {
      report.worstMs = ms;
      report.worstIndex = index;
    }
    if (ms > INPUT_MS_MAX && !report.failure) fail(index, `took ${ms.toFixed(0)} ms (limit ${INPUT_MS_MAX})`);
    if (hasNewKey()) fail(index, "changed Object.prototype");
    if (index % PROTOTYPE_EVERY === 0 && signature() !== before)
      fail(index, `changed a prototype, within the last ${PROTOTYPE_EVERY} inputs`);
  }
  report.ms = performance.now() - begun;
  Error.stackTraceLimit = stackTraceLimit;
  if (!report.failure && signature() !== before)
    fail(to - 1, `changed a prototype, within the last ${PROTOTYPE_EVERY} inputs`);
  report.heapGrowthBytes = usedBytes() - heapBefore;
  if (!report.failure && report.heapGrowthBytes > HEAP_GROWTH_BYTES_MAX)
    fail(to - 1, `the heap grew by ${Math.round(report.heapGrowthBytes / 1_048_576)} MiB over ${report.inputs} inputs`);
  return report;
}

/** Reports of parts of one run as one. */
export function merge(parts: readonly Report[]): Report {
  const [first] = parts;
  if (!first) throw new Error("nothing to merge");
  const sum = (of: (part: Report) => number) => parts.reduce((total, part) => total + of(part), 0);
  const slowest = parts.reduce((worst, part) => (part.worstMs > worst.worstMs ? part : worst));
  return {
    ...first,
    inputs: sum(({ inputs }) => inputs),
    accepted: sum(({ accepted }) => accepted),
    ms: sum(({ ms }) => ms),
    worstMs: slowest.worstMs,
    worstIndex: slowest.worstIndex,
    heapGrowthBytes: Math.max(...parts.map(({ heapGrowthBytes }) => heapGrowthBytes)),
    failure: parts.find(({ failure }) => failure)?.failure ?? null,
  };
}

/** Least share of inputs that must be taken, and that must be refused. */
const SHARE_MIN = 0.005;

/** Generators that hardly ever meet one of the two answers test little: null, or what is wrong. */
export function useless({ inputs, accepted }: Report): string | null {
  if (accepted < inputs * SHARE_MIN)
    return `only ${accepted} of ${inputs} inputs were accepted: the samples are no longer what the decoder takes`;
  if (inputs - accepted < inputs * SHARE_MIN) return `only ${inputs - accepted} of ${inputs} inputs were refused`;
  return null;
}
