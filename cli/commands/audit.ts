// `audit`: who changed what.
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { printJson, printLine, printTable } from "../output.ts";

export const run: Run<{ search?: string; page: number; pageSize: number }> = async (_args, options) => {
  const { search, page, pageSize } = options;
  const list = await answer(connect(options).audit.list.query({ search, page, pageSize }));
  if (options.json) return printJson(list);
  printTable(
    list.rows,
    [
      { title: "AT", text: (a) => a.at.toISOString().slice(0, 19).replace("T", " ") },
      { title: "WHO", text: (a) => a.actorName },
      { title: "ACTION", text: (a) => a.action },
      { title: "ON", text: (a) => `${a.entity} ${a.entityId}` },
      { title: "OUTCOME", text: (a) => a.outcome },
    ],
    "nothing was changed yet",
  );
  if (list.total > list.rows.length)
    printLine(`\n${list.rows.length} of ${list.total}; --page ${list.page + 1} shows more`);
};
