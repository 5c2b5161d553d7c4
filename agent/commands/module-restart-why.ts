// Why a module that was started does not run or answer: its process as the kernel sees it, and what it wrote since. For module-restart.ts.
import { statSync } from "node:fs";
import { readPlain } from "../host/file.ts";
import { fileOf, statOf, threadsOf } from "../host/proc.ts";
import { redactLog } from "../host/redact.ts";
import { run } from "../host/run.ts";
import { startLog } from "../modules/manager.ts";
import type { ModuleSpec } from "../modules/specs.ts";

const LINES = 4;
/** A line says what went wrong at its beginning or nowhere. */
const LINE_CHARACTERS_MAX = 240;
/** Enough for the last lines of any log. */
const TAIL_BYTES = 16 * 1024;

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

const lastLines = (text: string): string =>
  text
    .split("\n")
    // what a terminal would act upon says nothing in a message
    .map((line) => line.replace(/\p{Cc}+/gu, " ").trim())
    .filter((line) => line !== "")
    .slice(-LINES)
    .map((line) => redactLog(line).slice(0, LINE_CHARACTERS_MAX))
    .join(" | ");

/** What the file got since it was `from` bytes long; empty when nothing or not to be read. */
function written(path: string, from: number): string {
  const size = sizeOf(path);
  const bytes = Math.min(TAIL_BYTES, size < from ? size : size - from); // smaller: it was rotated
  if (bytes === 0) return "";
  try {
    return lastLines(readPlain(path, { maxBytes: bytes, from: "end" }).toString("utf8"));
  } catch {
    return ""; // a link, a pipe, or gone
  }
}

/** Marks where the module's logs stand; the returned function gives the last lines written since, secrets left out, one part a log. */
export function logsSince(spec: ModuleSpec): () => Promise<string[]> {
  const since = Math.floor(Date.now() / 1_000);
  const paths = [spec.log, `/var/log/${spec.name}.log`, `/var/log/${spec.name}/current`, startLog(spec.name)];
  const marks = new Map(paths.filter((path) => path !== null).map((path) => [path, sizeOf(path)]));
  return async () => {
    const parts = [...marks].map(([path, size]) => ({ source: path, text: written(path, size) }));
    if (spec.manager?.type === "systemd") {
      const argv = ["journalctl", "-u", spec.manager.unit, "--since", `@${since}`, "-n", String(LINES)];
      const { stdout } = await run([...argv, "--no-pager", "-q", "-o", "cat"], { timeoutMs: 5_000 });
      parts.push({ source: `journal of ${spec.manager.unit}`, text: lastLines(stdout) });
    }
    return parts.filter((part) => part.text !== "").map((part) => `${part.source}: ${part.text}`);
  };
}

/** Where a process and its threads are, e.g. "process 75: state Z; threads 2: 1 Z, 1 D in folio_wait_bit". */
export function whereabouts(pid: number): string {
  const leader = statOf(pid);
  if (!leader) return `process ${pid} has ended`;
  const threads = threadsOf(pid);
  const counts = new Map<string, number>();
  for (const { pid: tid, state } of threads) {
    const wchan = fileOf(pid, `task/${tid}/wchan`)?.trim();
    const at = wchan && wchan !== "0" ? `${state} in ${wchan}` : state;
    counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  const places = [...counts].sort((a, b) => b[1] - a[1]).slice(0, LINES);
  return `process ${pid}: state ${leader.state}; threads ${threads.length}: ${places.map(([at, n]) => `${n} ${at}`).join(", ")}`;
}
