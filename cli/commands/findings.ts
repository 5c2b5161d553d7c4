// `findings`, `ack`: what is wrong; one finding with its evidence and the repairs on offer.
import type { Evidence } from "../../checks/define.ts";
import type { FindingDetail, FindingRow } from "../../server/findings/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, megabytes, paint, printJson, printLine, printTable } from "../output.ts";
import { isUuid, matchId, plain, shortId, words } from "../words.ts";

type Options = {
  state: string;
  severity?: string[];
  check?: string[];
  node?: string;
  search?: string;
  muted: string;
  page: number;
  pageSize: number;
};

const SEVERITIES = ["critical", "warning", "info"] as const;
const MUTED = ["hide", "only", "all"] as const;
const STATES = ["visible", "closed", "all"] as const;
const COLOURS = { critical: "red", warning: "yellow", info: "blue" } as const;

/** Full id of a finding from what was typed: an id, or its beginning or end. */
export async function findingId(client: Client, typed: string): Promise<string> {
  if (isUuid(typed)) return typed;
  const { rows } = await answer(client.findings.list.query({ state: "all", pageSize: 200 }));
  return matchId(
    "finding",
    typed,
    rows.map(({ id }) => id),
  );
}

function oneOf<T extends string>(what: string, known: readonly T[], typed: string): T {
  const found = known.find((one) => one === typed);
  if (!found) throw new UserError(`there is no ${what} ${typed}`, `choose from ${known.join(", ")}`, EXIT.usage);
  return found;
}

export const run: Run<Options> = async ([finding], options) => {
  const client = connect(options);
  if (finding) {
    const detail = await answer(client.findings.get.query({ id: await findingId(client, finding) }));
    return options.json ? printJson(detail) : printDetail(detail);
  }
  const { node, search, page, pageSize, check: checkId } = options;
  const severity = options.severity?.map((one) => oneOf("severity", SEVERITIES, one));
  const list = await answer(
    client.findings.list.query({
      state: oneOf("state", STATES, options.state),
      severity,
      checkId,
      node,
      muted: oneOf("choice", MUTED, options.muted),
      search,
      page,
      pageSize,
    }),
  );
  if (options.json) return printJson(list);
  printTable<FindingRow>(
    list.rows,
    [
      { title: "FINDING", text: (f) => shortId(f.id) },
      { title: "SEVERITY", text: (f) => f.severity, style: (f) => COLOURS[f.severity] },
      { title: "STATE", text: (f) => (f.mute ? `${f.state}, muted` : f.state) },
      { title: "NODE", text: (f) => f.nodeName },
      { title: "CHECK", text: (f) => f.checkId },
      { title: "SINCE", text: (f) => age(f.firstSeenAt) },
      { title: "MESSAGE", text: (f) => plain(words(f.message)) },
    ],
    "nothing is wrong",
  );
  if (list.muted > 0) printLine(`\n${list.muted} more are muted; --muted all shows them`);
  if (list.total > list.rows.length)
    printLine(`\n${list.rows.length} of ${list.total}; --page ${list.page + 1} shows more`);
};

function printDetail(finding: FindingDetail): void {
  printLine(
    `${paint(COLOURS[finding.severity], finding.severity)} ${paint("bold", words(finding.title))} on ${finding.nodeName}  (${finding.state}, first seen ${age(finding.firstSeenAt)} ago)`,
  );
  printLine(`  ${plain(words(finding.message))}\n  ${finding.checkId} · ${plain(finding.subject)} · ${finding.id}\n`);
  for (const evidence of finding.evidence) printEvidence(evidence);
  printLine(`\n${paint("bold", "What to do")}\n  ${words(finding.suggestion)}\n`);
  printTable(
    finding.repairs,
    [
      { title: "REPAIR", text: (r) => r.id },
      { title: "RISK", text: (r) => r.risk },
      {
        title: "WORKED",
        text: (r) => (r.record.total > 0 ? `${r.record.succeeded} of ${r.record.total}` : "not tried yet"),
      },
      { title: "WHAT", text: (r) => words(r.title) },
    ],
    "no repair is offered",
  );
  if (finding.ladder) printLine(`\n${words(finding.ladder.text)}`);
  if (finding.repairs.length > 0) printLine(`\n./nodeops repair ${shortId(finding.id)} --dry-run shows the plan`);
}

function printEvidence(evidence: Evidence): void {
  const label = paint("dim", `  ${words(evidence.label)}:`);
  if (evidence.kind === "text") printLine(`${label} ${plain(evidence.value)}`);
  else if (evidence.kind === "number")
    printLine(
      `${label} ${measure(evidence.value, evidence.unit)}${evidence.threshold === undefined ? "" : ` (limit ${measure(evidence.threshold, evidence.unit)})`}`,
    );
  else if (evidence.kind === "log")
    printLine(`${label}\n${evidence.lines.map((line) => `    ${plain(line)}`).join("\n")}`);
  else {
    printLine(label);
    printTable(
      evidence.rows,
      evidence.columns.map((title, i) => ({
        title: `${i === 0 ? "    " : ""}${title}`,
        text: (row) => `${i === 0 ? "    " : ""}${plain(String(row[i] ?? ""))}`,
      })),
      "",
    );
  }
}

function measure(value: number, unit: "bytes" | "ratio" | "count" | "ms" | "s"): string {
  if (unit === "bytes") return megabytes(value);
  if (unit === "ratio") return `${(value * 100).toFixed(1)} %`;
  return unit === "count" ? String(value) : `${value} ${unit}`;
}

export const acknowledge: Run<object> = async ([finding = ""], options) => {
  const client = connect(options);
  const id = await findingId(client, finding);
  const result = await answer(client.findings.acknowledge.mutate({ id }));
  if (options.json) printJson(result ?? { id });
  else printLine(`finding ${shortId(id)} is marked as seen`);
};

const VERDICTS = { real: true, false: false, unsaid: null } as const;

export const judge: Run<object> = async ([finding = "", verdict = ""], options) => {
  const client = connect(options);
  const wasReal = VERDICTS[oneOf("verdict", ["real", "false", "unsaid"] as const, verdict)];
  const id = await findingId(client, finding);
  const result = await answer(client.findings.judge.mutate({ id, wasReal }));
  if (options.json) printJson(result);
  else printLine(`finding ${shortId(id)}: ${verdict}`);
};
