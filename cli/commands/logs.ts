// `logs`: the last lines of the processes' log files, and with -f what is added to them.
import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { plainLine } from "../../parsers/plain-text.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { dataDir, dataPaths } from "../paths.ts";
import { PROCESS_NAMES } from "../state.ts";
import { tailLines } from "../up/tail.ts";

const NAMES = ["supervisor", ...PROCESS_NAMES.toReversed()];

export const run: Run<{ follow?: boolean; lines: number }> = async ([name], options) => {
  if (name && !NAMES.includes(name))
    throw new UserError(`there is no process ${name}`, `choose one of ${NAMES.join(", ")}`, EXIT.usage);
  const paths = dataPaths(dataDir(options.data));
  const chosen = (name ? [name] : NAMES).filter((process) => existsSync(paths.log(process)));
  if (chosen.length === 0)
    throw new UserError(`no logs below ${paths.logs}`, "./nodeops up starts everything", EXIT.unreachable);
  const show = (process: string, line: string) => {
    if (options.json) printJson({ process, line });
    else printLine(`${chosen.length > 1 ? `${paint("dim", process.padEnd(10))} ` : ""}${plainLine(line)}`);
  };
  const offsets = new Map(chosen.map((process) => [process, statSync(paths.log(process)).size]));
  for (const process of chosen)
    for (const line of tailLines(paths.log(process), options.lines)) if (line) show(process, line);
  while (options.follow) {
    await sleep(300);
    for (const [process, from] of offsets) {
      const { text, end } = readFrom(paths.log(process), from);
      offsets.set(process, end);
      for (const line of text.split("\n")) if (line) show(process, line);
    }
  }
  return EXIT.ok;
};

// Whole lines added since `from`; starts over when the file was trimmed.
function readFrom(path: string, from: number): { text: string; end: number } {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const start = size < from ? 0 : from;
  const buffer = Buffer.alloc(Math.min(size - start, 1024 * 1024));
  if (buffer.length === 0) return { text: "", end: start };
  const fd = openSync(path, "r");
  try {
    readSync(fd, buffer, 0, buffer.length, start);
  } finally {
    closeSync(fd);
  }
  const cut = buffer.lastIndexOf(10) + 1;
  return { text: buffer.toString("utf8", 0, cut), end: start + cut };
}
