// Small things that the agent must still know after a restart: runtimes it has seen, where it was in the kernel log, restarts it has counted.
import { z } from "zod";
import { LOG_SOURCES } from "../log-rules/rule.ts";
import { LogMatchFact } from "../protocol/facts-log.ts";
import { readText, writeDurably } from "./host/file.ts";

const LogSource = z.enum(LOG_SOURCES);

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
  /** Where the readers of logs were, and what stands of what they read: saved together, so that no line counts twice. */
  logs: z
    .object({
      files: z.record(z.string(), z.object({ inode: z.number(), offset: z.number(), endAt: z.number().optional() })),
      cursor: z.string().nullable(),
      state: z.object({
        matches: z.record(z.string(), LogMatchFact),
        waiting: z.array(
          z.object({
            rule: z.string(),
            key: z.string(),
            captures: z.record(z.string(), z.string()),
            line: z.object({ source: LogSource.nullable(), text: z.string(), at: z.number() }),
            linesLeft: z.number(),
          }),
        ),
      }),
    })
    .default({ files: {}, cursor: null, state: { matches: {}, waiting: [] } })
    .catch({ files: {}, cursor: null, state: { matches: {}, waiting: [] } }),
  /** Uids of pods that a runtime listed and whose folder below the kubelet's is there. */
  podsSeen: z.array(z.string()).default([]),
  /** Task limits of containers as they were first seen, by id. */
  pidsFirst: z.record(z.string(), z.number()).default({}),
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
