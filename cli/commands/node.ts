// `node …`: what is done to one node, and what it last reported.

import { quarantineText } from "../../server/nodes/schema.ts";
import { answer, connect } from "../client.ts";
import { confirm } from "../confirm.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { words } from "../words.ts";

export const remove: Run<{ yes?: boolean }> = async ([node = ""], options) => {
  const client = connect(options);
  const { id, name } = await answer(client.nodes.get.query({ node }));
  await confirm(`Remove ${name} and revoke its certificate?`, options.yes);
  await answer(client.nodes.remove.mutate({ node: id }));
  if (options.json) printJson({ removed: { id, name } });
  else printLine(`${name} is removed; its agent can no longer connect`);
};

export const release: Run<{ yes?: boolean }> = async ([node = ""], options) => {
  const client = connect(options);
  const { id, name, quarantineReason } = await answer(client.nodes.get.query({ node }));
  await confirm(
    `${quarantineText(quarantineReason)?.en ?? ""} Release ${name}? Neither machine may go on: one joins again.`,
    options.yes,
  );
  await answer(client.nodes.release.mutate({ node: id }));
  if (options.json) printJson({ released: { id, name } });
  else
    printLine(
      `${name} is released. On the right machine run the line of ./nodeops join-token with --name ${name} --force; the next one that joins under this name is it.`,
    );
};

export const maintenance: Run<{ reason: string }> = async ([node = "", value], options) => {
  if (value !== "on" && value !== "off") throw new UserError(`${value} is neither on nor off`, undefined, EXIT.usage);
  const result = await answer(
    connect(options).nodes.setMaintenance.mutate({ node, on: value === "on", reason: options.reason }),
  );
  if (options.json) printJson(result ?? {});
  else printLine(`${node}: maintenance ${value}`);
};

export const refresh: Run<object> = async ([node = ""], options) => {
  const result = await answer(connect(options).nodes.refresh.mutate({ node }));
  if (options.json) printJson(result ?? {});
  else printLine(`${node} was asked for all its facts`);
};

export const facts: Run<object> = async ([node = "", kind], options) => {
  const all = await answer(connect(options).nodes.facts.query({ node }));
  const chosen = kind ? all.filter((fact) => fact.kind === kind) : all;
  if (kind && chosen.length === 0)
    throw new UserError(
      `${node} has reported no ${kind}`,
      `it reported ${all.map((fact) => fact.kind).join(", ")}`,
      EXIT.usage,
    );
  if (options.json || kind) return printJson(kind ? chosen[0] : chosen);
  printTable(
    chosen,
    [
      { title: "FACT", text: (fact) => fact.kind },
      { title: "AGE", text: (fact) => age(fact.at) },
      { title: "BYTES", text: (fact) => JSON.stringify(fact.data).length },
      { title: "ERROR", text: (fact) => fact.error },
    ],
    "nothing reported yet",
  );
};

export const timeline: Run<{ limit: number }> = async ([node = ""], options) => {
  const { events, hasMore } = await answer(connect(options).nodes.timeline.query({ node, limit: options.limit }));
  if (options.json) return printJson({ events, hasMore });
  printTable(
    events,
    [
      { title: "AT", text: (event) => event.at.toISOString().slice(0, 19).replace("T", " ") },
      { title: "KIND", text: (event) => event.kind },
      { title: "WHAT", text: (event) => words(event.title) },
      { title: "DETAIL", text: (event) => words(event.detail) || null },
    ],
    "nothing happened yet",
  );
};
