// `containers`: search over the whole fleet.
import type { ContainerRow } from "../../server/containers/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, megabytes, printJson, printLine, printTable } from "../output.ts";
import { plain } from "../words.ts";

const STATES = ["created", "running", "paused", "exited", "unknown"] as const;

export const run: Run<{ state?: string[]; node?: string; page: number; pageSize: number }> = async (
  [search],
  options,
) => {
  const state = options.state?.map((typed) => {
    const known = STATES.find((one) => one === typed);
    if (!known) throw new UserError(`there is no state ${typed}`, `choose from ${STATES.join(", ")}`, EXIT.usage);
    return known;
  });
  const { node, page, pageSize } = options;
  const list = await answer(connect(options).containers.list.query({ search, state, node, page, pageSize }));
  if (options.json) return printJson(list);
  printTable<ContainerRow>(
    list.rows,
    [
      { title: "CONTAINER", text: (c) => c.id.slice(0, 12) },
      { title: "NODE", text: (c) => c.nodeName },
      { title: "POD", text: (c) => c.podName && plain(c.podName) },
      { title: "NAME", text: (c) => plain(c.name) },
      {
        title: "STATE",
        text: (c) => (c.state === "exited" ? `exited ${c.exitCode ?? ""}` : c.state),
        style: (c) => (c.state === "running" ? "green" : "yellow"),
      },
      { title: "HANDLER", text: (c) => c.handler },
      { title: "AGE", text: (c) => age(c.createdAt) },
      { title: "MEMORY", text: (c) => megabytes(c.memoryUsedBytes) },
      { title: "IMAGE", text: (c) => plain(c.image) },
    ],
    "no container matches",
  );
  if (list.total > list.rows.length)
    printLine(`\n${list.rows.length} of ${list.total}; --page ${list.page + 1} shows more`);
};
