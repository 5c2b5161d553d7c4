// `checks`: the catalogue and how each check stands on the fleet.
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { printJson, printTable } from "../output.ts";
import { words } from "../words.ts";

export const run: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).inspections.checks.query());
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "CHECK", text: (c) => c.id },
      { title: "AREA", text: (c) => c.area },
      { title: "SEVERITY", text: (c) => c.severity },
      { title: "OK", text: (c) => c.ok },
      { title: "PROBLEM", text: (c) => c.problem, style: (c) => (c.problem > 0 ? "red" : undefined) },
      { title: "UNKNOWN", text: (c) => c.unknown },
      { title: "REPAIRS", text: (c) => c.repairs.map(({ id }) => id).join(", ") },
      { title: "WHAT", text: (c) => words(c.title) },
    ],
    "no checks",
  );
};
