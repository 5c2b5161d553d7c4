// `nodes`: the fleet as a table, or one node in detail.
import { type NodeDetail, type NodeRow, type NodeState, quarantineText } from "../../server/nodes/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, megabytes, paint, printJson, printLine, printTable } from "../output.ts";

type Options = { search?: string; state?: string[]; pool?: string[]; zone?: string[]; page: number; pageSize: number };

const COLOURS = {
  healthy: "green",
  degraded: "yellow",
  unhealthy: "red",
  not_reporting: "magenta",
  unknown: "gray",
  maintenance: "blue",
} as const;
const STATES = Object.keys(COLOURS) as NodeState[];

export const run: Run<Options> = async ([node], options) => {
  const client = connect(options);
  if (node) {
    const detail = await answer(client.nodes.get.query({ node }));
    return options.json ? printJson(detail) : printDetail(detail);
  }
  const state = options.state?.map((name) => {
    const known = STATES.find((one) => one === name.replace("-", "_"));
    if (!known) throw new UserError(`there is no state ${name}`, `choose from ${STATES.join(", ")}`, EXIT.usage);
    return known;
  });
  const { search, pool, zone, page, pageSize } = options;
  const list = await answer(client.nodes.list.query({ search, state, pool, zone, page, pageSize }));
  if (options.json) return printJson(list);
  printTable<NodeRow>(
    list.rows,
    [
      { title: "NODE", text: (n) => n.name },
      {
        title: "STATE",
        text: (n) => (n.quarantinedAt ? "quarantined" : n.state.replace("_", " ")),
        style: (n) => (n.quarantinedAt ? "red" : COLOURS[n.state]),
      },
      { title: "POOL", text: (n) => n.pool },
      { title: "ZONE", text: (n) => n.zone },
      { title: "FINDINGS", text: (n) => n.criticalCount + n.warningCount || null },
      { title: "CONTAINERS", text: (n) => n.containerCount },
      { title: "RUNTIMES", text: (n) => n.runtimes },
      { title: "KERNEL", text: (n) => n.kernel },
      { title: "SEEN", text: (n) => (n.isConnected ? "connected" : age(n.lastSeenAt)) },
    ],
    "no nodes; ./nodeops join-token prints the line that adds one",
  );
  if (list.total > list.rows.length)
    printLine(`\n${list.rows.length} of ${list.total}; --page ${list.page + 1} shows more`);
};

function printDetail(node: NodeDetail): void {
  printLine(
    `${paint("bold", node.name)}  ${paint(COLOURS[node.state], node.state.replace("_", " "))} for ${age(node.stateSince)}  ${node.stateReason}`,
  );
  if (node.quarantinedAt)
    printLine(
      paint(
        "red",
        `  quarantined for ${age(node.quarantinedAt)}: ${quarantineText(node.quarantineReason)?.en ?? ""} ./nodeops node release ${node.name} ends it`,
      ),
    );
  printLine(`  pool ${node.pool}, zone ${node.zone || "–"}, rack ${node.rack || "–"}, ${node.addresses.join(", ")}`);
  printLine(
    `  ${node.os}, ${node.kernel} ${node.arch}, ${node.cpuCount} CPU, ${megabytes(node.memoryBytes)}, agent ${node.agentVersion}`,
  );
  printLine(
    `  runtimes: ${node.runtimes || "none"}; ${node.containerCount} containers in ${node.podCount} pods; id ${node.id}\n`,
  );
  const worst = { problem: 0, unknown: 1, ok: 2 } as const;
  printTable(
    node.checks.toSorted((a, b) => worst[a.status] - worst[b.status]),
    [
      { title: "CHECK", text: (c) => c.checkId },
      {
        title: "STATUS",
        text: (c) => c.status,
        style: (c) => ({ ok: "green", problem: "red", unknown: "gray" })[c.status] as "green" | "red" | "gray",
      },
      { title: "SINCE", text: (c) => age(c.since) },
      { title: "REASON", text: (c) => c.reason },
    ],
    "not checked yet",
  );
}
