// `incidents`: findings that share a cause, as one trouble with its nodes under it.
import type { IncidentDetail, IncidentRow } from "../../server/incidents/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { age, paint, printJson, printLine, printTable } from "../output.ts";
import { isUuid, matchId, plain, shortId, words } from "../words.ts";

const COLOURS = { critical: "red", warning: "yellow", info: "blue" } as const;

async function incidentId(client: Client, typed: string): Promise<string> {
  if (isUuid(typed)) return typed;
  const { rows } = await answer(client.incidents.list.query({ state: "all", pageSize: 200 }));
  return matchId(
    "incident",
    typed,
    rows.map(({ id }) => id),
  );
}

export const run: Run<{ all?: boolean; ack?: boolean }> = async ([incident], options) => {
  const client = connect(options);
  if (incident) {
    const id = await incidentId(client, incident);
    if (options.ack) await answer(client.incidents.acknowledge.mutate({ id }));
    const detail = await answer(client.incidents.get.query({ id }));
    return options.json ? printJson(detail) : printDetail(detail);
  }
  const list = await answer(client.incidents.list.query({ state: options.all ? "all" : "open", pageSize: 200 }));
  if (options.json) return printJson(list);
  printTable<IncidentRow>(
    list.rows,
    [
      { title: "INCIDENT", text: (i) => shortId(i.id) },
      { title: "SEVERITY", text: (i) => i.severity, style: (i) => COLOURS[i.severity] },
      { title: "STATE", text: (i) => i.state },
      { title: "NODES", text: (i) => i.nodeCount },
      { title: "SINCE", text: (i) => age(i.firstSeenAt) },
      { title: "SEEN BY", text: (i) => plain(i.acknowledgedBy ?? "") },
      { title: "CAUSE", text: (i) => plain(words(i.title)) },
    ],
    "no findings share a cause",
  );
};

function printDetail(incident: IncidentDetail): void {
  const { severity, state, nodeCount, inference } = incident;
  printLine(
    `${paint(COLOURS[severity], severity)} ${paint("bold", plain(words(incident.title)))}  (${state}, ${nodeCount} nodes)`,
  );
  if (inference)
    printLine(
      `  inferred: ${inference.k} of ${inference.n} nodes that turned bad share it, of all ${inference.N} nodes ${inference.K} have it (p = ${inference.p.toExponential(1)})`,
    );
  if (incident.isHolding) printLine("  repairs of single nodes wait until it is over");
  for (const check of incident.checks)
    printLine(`\n${paint("bold", words(check.title))}  ${check.findingCount} findings\n  ${words(check.suggestion)}`);
  printLine("");
  printTable(
    incident.nodes,
    [
      { title: "NODE", text: (n) => n.name },
      { title: "POOL", text: (n) => n.pool },
      { title: "ZONE", text: (n) => n.zone },
      { title: "STATE", text: (n) => n.state },
      { title: "FINDINGS", text: (n) => n.findings.map((f) => `${f.checkId} ${shortId(f.id)}`).join(", ") },
    ],
    "no node is affected any more",
  );
}
