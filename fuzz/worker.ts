// One of the threads of a run: takes parts of the work one by one, and keeps the number of the input it is at where the main thread can see it.
import { parentPort, workerData } from "node:worker_threads";
import type { Decoder } from "./decoder.ts";
import { type Report, runDecoder } from "./run.ts";

/** `list`: address of the module whose `decoders` are run. */
export type ThreadData = { shared: SharedArrayBuffer; list: string };
export type Part = { decoder: string; seed: number; from: number; to: number };
export type Done = { report: Report };

const { shared, list }: ThreadData = workerData;
const at = new Int32Array(shared);
const { decoders }: { decoders: readonly Decoder[] } = await import(list);

parentPort?.on("message", (part: Part) => {
  const decoder = decoders.find(({ name }) => name === part.decoder);
  if (!decoder) throw new Error(`there is no decoder ${part.decoder}`);
  const onInput = (index: number) => {
    at[0] = index;
  };
  void runDecoder(decoder, { ...part, onInput }).then((report) => parentPort?.postMessage({ report } satisfies Done));
});
