// Last words for a debug report: the container's own log file and the kernel's lines, secrets left out. Files are read from the disk, no runtime is asked.
import { readdirSync } from "node:fs";
import type { DebugReport } from "../../protocol/debug.ts";
import { logFolder, presentLog } from "../collectors/container-logs.ts";
import { parseKmsg } from "../collectors/kernel-log.ts";
import { readPlain } from "../host/file.ts";
import { bootedAt } from "../host/proc.ts";
import { redactLog } from "../host/redact.ts";
import { run } from "../host/run.ts";
import type { Subject } from "./subject.ts";

type Value<K extends keyof DebugReport> = NonNullable<Extract<DebugReport[K], { value: unknown }>["value"]>;

const LOG_BYTES = 32 * 1024;
const LOG_LINES = 100;
const LINE_MAX = 1_000;
const KERNEL_LINES = 80;
/** Warnings and worse, and whatever ends processes. */
const KERNEL_LEVEL_MAX = 4;

const namesIn = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** @throws where there is no file */
export function readLog({ said }: Pick<Subject, "said">): Value<"log"> {
  if (!said) throw new Error("no runtime has named this container; its log is not known");
  const { watched, container } = said;
  const place = logFolder(container, watched.runtime.spec.kind, watched.details?.rootDir ?? null);
  for (const folder of place?.folders ?? []) {
    const log = presentLog(namesIn(folder), place?.isLog ?? (() => false));
    if (!log) continue;
    const path = `${folder}/${log.name}`;
    // The kubelet's names are links into the engine's folder where Docker writes the log.
    const text = readPlain(path, { maxBytes: LOG_BYTES, from: "end", follow: true }).toString("utf8");
    const lines = text.split("\n").filter((line) => line !== "");
    return { path, lines: lines.slice(-LOG_LINES).map((line) => redactLog(line.slice(0, LINE_MAX))) };
  }
  throw new Error("its output goes into no file that could be found");
}

/** Lines that name one of the processes, the container or its groups; of the node all that warn. */
export function telling(
  events: readonly { level: number; message: string }[],
  names: readonly string[] | null,
): boolean[] {
  return events.map(({ level, message }) =>
    names === null
      ? level <= KERNEL_LEVEL_MAX || /oom|killed process|segfault|hung|blocked for more/i.test(message)
      : names.some((name) => message.includes(name)),
  );
}

/** @param names what a line must hold one of; null: all that warn */
export async function readKernelLog(names: readonly string[] | null): Promise<Value<"kernelLog">> {
  // A child reads it: what is in the ring is printed at once, and one that waits for more is ended.
  const { stdout, code, stderr } = await run(["dd", "if=/dev/kmsg", "iflag=nonblock", "bs=8192", "status=none"], {
    timeoutMs: 3_000,
    maxBytes: 4 * 1_048_576,
  });
  // EAGAIN at the end of the ring makes dd fail; nothing at all means it may not be read.
  if (stdout === "" && code !== 0) throw new Error(stderr.trim().slice(0, 300) || "the kernel log may not be read");
  const boot = bootedAt();
  const events = stdout.split("\n").flatMap((line) => parseKmsg(line, boot) ?? []);
  const wanted = telling(events, names);
  return events
    .filter((_, at) => wanted[at])
    .slice(-KERNEL_LINES)
    .map(({ at, level, message }) => ({ at, level, message: redactLog(message).slice(0, LINE_MAX) }));
}
