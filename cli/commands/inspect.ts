// `inspect`: a look now at a selection, with progress and report; before a change with a verdict as exit code.
import { setTimeout as sleep } from "node:timers/promises";
import { isRunOver, type RunDetail } from "../../server/patrols/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { CommonOptions, Run } from "../define.ts";
import { EXIT } from "../errors.ts";
import { duration, paint, printJson, printLine } from "../output.ts";
import { plain, words } from "../words.ts";

type Options = { check?: string[]; preChange?: boolean; unknownMax?: number; wait: boolean };

/** What is printed of a list at most. */
const SHOWN_MAX = 15;

export const run: Run<Options> = async ([selector = ""], options) => {
  const client = connect(options);
  const preview = await answer(client.patrols.previewCount.query({ selector }));
  if (!options.json && preview.count === 0)
    printLine(preview.error ? words(preview.error) : "This selects no node that you may see.");
  const { id } = await answer(
    client.patrols.runNow.mutate({
      selector,
      checkIds: options.check ?? [],
      purpose: options.preChange ? "pre-change" : "on-demand",
      ...(options.unknownMax === undefined ? {} : { unknownMaxRatio: options.unknownMax / 100 }),
    }),
  );
  return follow(client, id, options);
};

/** Shows how far it is until it is over, then the report. @returns 0 when nothing speaks against going on */
export async function follow(client: Client, id: string, options: CommonOptions & { wait: boolean }): Promise<number> {
  let detail = await answer(client.patrols.run.query({ id }));
  let line = "";
  while (options.wait && !isRunOver(detail.state)) {
    const next = `${detail.done} of ${detail.asked} node(s)`;
    if (next !== line && !options.json) printLine(`  … ${next}`);
    line = next;
    await sleep(500);
    detail = await answer(client.patrols.run.query({ id }));
  }
  if (options.json) printJson(detail);
  else if (options.wait) printReport(detail);
  else printLine(`it runs; ./nodeops patrol run ${id} shows it`);
  if (!options.wait) return EXIT.ok;
  if (detail.purpose === "pre-change") return detail.verdict === "pass" ? EXIT.ok : EXIT.failed;
  return detail.state === "done" ? EXIT.ok : EXIT.failed;
}

const verdictStyle = { pass: "green", fail: "red", inconclusive: "yellow" } as const;

export function printReport(run: RunDetail): void {
  const { report, previous } = run;
  const { coverage, bySeverity, cost } = report;
  const took = run.endedAt ? duration(run.endedAt.getTime() - run.startedAt.getTime()) : "";
  printLine(
    `${paint("bold", plain(run.patrolName ?? run.selector) || "(nothing)")}  ${run.state}${took && ` after ${took}`}`,
  );
  if (run.verdict) printLine(`  verdict      ${paint(verdictStyle[run.verdict], run.verdict)}`);
  if (report.note) printLine(`  note         ${plain(report.note)}`);
  const unlooked = [
    [coverage.withoutFacts, "without fresh facts"],
    [coverage.notReporting, "not reporting"],
    [coverage.gone, "removed meanwhile"],
  ].flatMap(([count, what]) => (Number(count) > 0 ? [`${count} ${what}`] : []));
  printLine(
    `  nodes        ${coverage.asked} asked, ${coverage.looked} looked at (${coverage.unchanged} unchanged)${unlooked.length > 0 ? `, ${unlooked.join(", ")}` : ""}`,
  );
  printLine(
    `  findings     ${bySeverity.critical} critical, ${bySeverity.warning} warning, ${bySeverity.info} info on ${report.problemNodes} node(s)${report.muted > 0 ? `; ${report.muted} muted` : ""}`,
  );
  const before = previous
    ? `  (the run before: ${previous.report.opened} new, ${previous.report.cleared} cleared)`
    : "";
  printLine(
    `  since then   ${report.opened} new, ${report.cleared} cleared, ${report.expired} given up, ${report.stillOpen} still open${before}`,
  );
  printCounts("problems", report.problems);
  printCounts("unknown", report.unknown);
  for (const one of report.openedSample.slice(0, SHOWN_MAX))
    printLine(`  new          ${one.severity.padEnd(8)} ${plain(one.nodeName)}  ${one.checkId}  ${plain(one.subject)}`);
  printLine(`  cost         ${duration(cost.cpuMs)} CPU, ${cost.batches} batch(es)`);
}

function printCounts(title: string, counts: Record<string, number>): void {
  const all = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  if (all.length === 0) return;
  const shown = all.slice(0, SHOWN_MAX).map(([id, nodes]) => `${id} ${nodes}`);
  if (all.length > SHOWN_MAX) shown.push(`and ${all.length - SHOWN_MAX} more`);
  printLine(`  ${title.padEnd(12)} ${shown.join(", ")}`);
}
