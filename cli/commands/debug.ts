// `debug`: has the node's agent look at a container, or at the node, and shows what is abnormal first. Reads only.
import { setTimeout as sleep } from "node:timers/promises";
import type { Abnormal } from "../../diagnosis/debug/define.ts";
import type { DebugReport, Part } from "../../protocol/debug.ts";
import type { DebugDetail } from "../../server/debug/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { paint, printJson, printLine } from "../output.ts";
import { plain, shortId, words } from "../words.ts";

type Options = { node?: string; container?: string; runtime?: string };

/** Something abnormal was seen: as `diagnose`, which has 3 for a console that does not answer. */
const ABNORMAL = 4;
/** The agent has 30 s; the way there and back is seconds. */
const WAIT_MS = 60_000;

/** @returns 0 when nothing is abnormal, 4 when something is, 1 when there is no report */
export const run: Run<Options> = async (_arguments, options) => {
  const { node, container, runtime } = options;
  if (node === undefined) throw new UserError("nothing to look at", "name a node with --node", EXIT.usage);
  const client = connect(options);
  const { id } = await answer(client.debug.start.mutate({ node, container, runtime }));
  const detail = await wait(client, id);
  if (options.json) printJson(detail);
  else print(detail);
  if (!detail.report) return EXIT.failed;
  return detail.abnormal.some(({ severity }) => severity !== "info") ? ABNORMAL : EXIT.ok;
};

async function wait(client: Client, id: string): Promise<DebugDetail> {
  const until = performance.now() + WAIT_MS;
  for (;;) {
    const detail = await answer(client.debug.get.query({ id }));
    if (detail.endedAt !== null || performance.now() >= until) return detail;
    await sleep(300);
  }
}

const STYLES: Record<Abnormal["severity"], "red" | "yellow" | "dim"> = {
  critical: "red",
  warning: "yellow",
  info: "dim",
};

function print({ id, report, outcome, state, verdict, abnormal, causes }: DebugDetail): void {
  if (!report) {
    printLine(`${state}: ${plain(words(outcome)) || "no report came; is the node connected?"}`);
    return;
  }
  if (verdict) printLine(paint(verdict.isWell ? "green" : "bold", plain(words(verdict.text))));
  for (const { severity, title, evidence } of abnormal) {
    printLine(`${paint(STYLES[severity], severity.padEnd(8))} ${plain(words(title))}`);
    for (const line of evidence) printLine(paint("dim", `           ${plain(line)}`));
  }
  if (causes.length > 0) printLine();
  for (const cause of causes.slice(0, 3))
    printLine(`${Math.round(cause.confidence * 100)} %  ${plain(words(cause.title))}  ${paint("dim", cause.id)}`);
  printParts(report);
  printLine(paint("dim", `\nreport ${shortId(id)}; --json prints all of it`));
}

function printParts(report: DebugReport): void {
  const parts = Object.entries(report).flatMap(([name, part]): [string, Part<unknown>][] =>
    typeof part === "object" && part !== null ? [[name, part]] : [],
  );
  const read = parts.filter(([, { value }]) => value !== null).map(([name]) => name);
  printLine(paint("dim", `\nread in ${report.tookMs} ms: ${read.join(", ")}`));
  for (const [name, { error }] of parts)
    if (error !== null && !error.startsWith("only of")) printLine(paint("dim", `  ${name}: ${plain(error)}`));
}
