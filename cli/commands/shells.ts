// `shells …`: who asked for shells on nodes, how they ended, and their recordings.

import { type Printed, toCast } from "../../parsers/asciicast.ts";
import type { ShellDetail, ShellRow } from "../../server/shells/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { isUuid, matchId, plain, shortId, words } from "../words.ts";

type ListOptions = { node?: string; live?: boolean; page: number; pageSize: number };

export const list: Run<ListOptions> = async (_args, options) => {
  const { node, live, page, pageSize } = options;
  const found = await answer(
    connect(options).shells.list.query({ node, state: live ? "live" : "all", page, pageSize }),
  );
  if (options.json) return printJson(found);
  printTable<ShellRow>(
    found.rows,
    [
      { title: "SHELL", text: (r) => shortId(r.id) },
      { title: "STATE", text: (r) => r.state, style: (r) => (r.state === "open" ? "yellow" : "dim") },
      { title: "NODE", text: (r) => plain(r.nodeName) },
      { title: "WHERE", text: (r) => (r.containerId === null ? "the node" : plain(r.subject)) },
      { title: "BY", text: (r) => plain(r.requestedBy) },
      { title: "ASKED", text: (r) => age(r.createdAt) },
      { title: "END", text: (r) => r.endReason },
      { title: "REASON", text: (r) => plain(r.reason) },
    ],
    "no shell was asked for",
  );
};

export const show: Run<object> = async ([typed = ""], options) => {
  const client = connect(options);
  const shell = await find(client, typed);
  if (options.json) return printJson(shell);
  printLine(`${plain(shell.subject)} on ${plain(shell.nodeName)}: ${shell.state}`);
  if (shell.outcome) printLine(plain(words(shell.outcome)));
  const enters = shell.namespaces.join(", ") || "the node itself";
  printLine(`enters ${enters}; at most ${shell.minutes} min; asked by ${plain(shell.requestedBy)}`);
  printLine(`reason: ${plain(shell.reason)}`);
  if (shell.endReason) printLine(`ended: ${shell.endReason}, ${shell.outputBytes} bytes recorded`);
};

/** Prints the recording as an asciicast. */
export const cast: Run<object> = async ([typed = ""], options) => {
  const client = connect({ ...options, json: true }); // as it is: the file's own escapes make it inert
  const shell = await find(client, typed);
  const recording: Printed[] = [];
  for (let after = 0, hasMore = true; hasMore; ) {
    const part = await answer(client.shells.output.query({ id: shell.id, after }));
    for (const { atMs, data } of part.pieces) recording.push({ atMs, data: Buffer.from(data, "base64") });
    after = part.pieces.at(-1)?.seq ?? after;
    ({ hasMore } = part);
  }
  const { cols, rows, openedAt, subject, nodeName } = shell;
  process.stdout.write(toCast({ cols, rows, at: openedAt, title: `${subject} · ${nodeName}` }, recording));
};

export const stop: Run<object> = async ([typed = ""], options) => {
  const client = connect(options);
  const { id } = await find(client, typed);
  const stopped = await answer(client.shells.stop.mutate({ id }));
  if (options.json) printJson(stopped);
  else printLine(stopped.state === "awaiting" ? "withdrawn" : "told to end");
};

async function find(client: Client, typed: string): Promise<ShellDetail> {
  if (isUuid(typed)) return answer(client.shells.get.query({ id: typed }));
  const { rows } = await answer(client.shells.list.query({ pageSize: 200 }));
  const id = matchId(
    "shell",
    typed,
    rows.map((row) => row.id),
  );
  return answer(client.shells.get.query({ id }));
}
