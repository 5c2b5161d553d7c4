// Spreads a run over threads, and ends a thread that hangs in one input or outgrows its memory: both are faults of that input.
import { Worker } from "node:worker_threads";
import { type Decoder, toWord } from "./decoder.ts";
import { inputAt, type Report } from "./run.ts";
import type { Done, Part, ThreadData } from "./worker.ts";

/** A thread that stands at one input for this long hangs, ms: far above the limit of an input, for machines under load. */
const HANG_MS = 60_000;
/** Heap of a thread, MiB: what one input may take at most. */
const HEAP_MIB_MAX = 768;
/** Inputs of a part: small enough to keep all threads busy to the end. */
const PART = 100_000;

export function partsOf(decoder: Decoder, seed: number, inputs: number): Part[] {
  const parts: Part[] = [];
  for (let from = 0; from < inputs; from += PART)
    parts.push({ decoder: decoder.name, seed, from, to: Math.min(inputs, from + PART) });
  return parts;
}

type Options = {
  threads: number;
  signal?: AbortSignal;
  onReport: (report: Report) => void;
  /** Module whose `decoders` the threads run; they must be those that are given. */
  list?: string;
  hangMs?: number;
};
const LIST = new URL("./decoders/index.ts", import.meta.url).href;

/** Runs all parts; after a fault the other parts of that decoder are left out. */
export async function runParts(
  decoders: readonly Decoder[],
  parts: Part[],
  { threads, signal, onReport, list = LIST, hangMs = HANG_MS }: Options,
): Promise<void> {
  const queue = [...parts];
  const failed = new Set<string>();
  const next = (): Part | undefined => {
    for (;;) {
      const part = signal?.aborted ? undefined : queue.shift();
      if (!part || !failed.has(part.decoder)) return part;
    }
  };
  const take = (report: Report) => {
    if (report.failure) failed.add(report.decoder);
    onReport(report);
  };
  const interrupted = new Promise<null>((resolve) => {
    signal?.addEventListener("abort", () => resolve(null), { once: true });
  });
  await Promise.all(
    Array.from({ length: Math.min(threads, parts.length) }, async () => {
      let thread = startThread(list, hangMs);
      for (let part = next(); part; part = next()) {
        const ended = await Promise.race([thread.run(part, decoders), interrupted]);
        if (!ended) break;
        take(ended.report);
        if (ended.isLost) {
          await thread.end();
          thread = startThread(list, hangMs);
        }
      }
      await thread.end();
    }),
  );
}

function startThread(list: string, hangMs: number) {
  const shared = new SharedArrayBuffer(4);
  const at = new Int32Array(shared);
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: { shared, list } satisfies ThreadData,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB_MAX },
  });
  let lost: ((reason: string) => void) | null = null;
  worker.on("error", (err) => lost?.(`ended its thread: ${err.message}`));

  function run(part: Part, decoders: readonly Decoder[]): Promise<{ report: Report; isLost: boolean }> {
    return new Promise((resolve) => {
      // Set by the thread with its first input: until then it is still reading its modules.
      at[0] = -1;
      let seen = { index: -1, since: performance.now() };
      const timer = setInterval(() => {
        if (at[0] !== seen.index) seen = { index: at[0] ?? -1, since: performance.now() };
        else if (seen.index !== -1 && performance.now() - seen.since > hangMs)
          lost?.(`hangs: no end after ${hangMs / 1_000} s`);
      }, hangMs / 20).unref();
      const end = (report: Report, isLost: boolean) => {
        clearInterval(timer);
        lost = null;
        worker.off("message", onDone);
        resolve({ report, isLost });
      };
      const onDone = ({ report }: Done) => end(report, false);
      lost = (reason) => end(lostReport(part, Math.max(part.from, at[0] ?? 0), reason, decoders), true);
      worker.on("message", onDone);
      worker.postMessage(part);
    });
  }
  return { run, end: () => worker.terminate() };
}

function lostReport(part: Part, index: number, reason: string, decoders: readonly Decoder[]): Report {
  const decoder = decoders.find(({ name }) => name === part.decoder);
  const input = decoder ? toWord(inputAt(decoder, part.seed, index)) : "";
  return {
    decoder: part.decoder,
    seed: part.seed,
    inputs: index - part.from,
    accepted: 0,
    ms: 0,
    worstMs: 0,
    worstIndex: index,
    heapGrowthBytes: 0,
    failure: { decoder: part.decoder, seed: part.seed, index, input, reason },
  };
}
