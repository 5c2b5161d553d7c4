// Small things that the agent must still know after a restart: runtimes it has seen, where it was in the kernel log, restarts it has counted.
import { z } from "zod";
import { readText, writeDurably } from "./host/file.ts";

const Memory = z.object({
  runtimes: z
    .array(
      z.object({
        id: z.string(),
        kind: z.enum(["cri", "docker"]),
        endpoint: z.string(),
        module: z.string().nullable(),
      }),
    )
    .default([]),
  kernelLog: z.object({ bootId: z.string(), seq: z.number() }).nullable().default(null),
  restarts: z.record(z.string(), z.object({ count: z.number(), pid: z.number(), startTicks: z.number() })).default({}),
});
export type Memory = z.infer<typeof Memory>;

/** A damaged or foreign file counts as empty: nothing in it is more than a hint. */
function parseMemory(text: string | null): Memory {
  try {
    return Memory.parse(JSON.parse(text ?? "{}"));
  } catch {
    return Memory.parse({});
  }
}

export class MemoryFile {
  readonly #path: string;
  #text: string;
  readonly data: Memory;

  constructor(path: string) {
    this.#path = path;
    this.data = parseMemory(readText(path));
    this.#text = JSON.stringify(this.data);
  }

  /** Writes when something changed. @throws on I/O errors */
  save(): void {
    const text = JSON.stringify(this.data);
    if (text === this.#text) return;
    writeDurably(this.#path, text);
    this.#text = text;
  }
}
