// `overview`: the fleet in ten lines.
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { age, paint, printJson, printLine, printTable } from "../output.ts";
import { words } from "../words.ts";

export const run: Run<object> = async (_args, options) => {
  const fleet = await answer(connect(options).overview.get.query());
  if (options.json) return printJson(fleet);
  const states = Object.entries(fleet.byState).filter(([, count]) => count > 0);
  printLine(
    `${paint("bold", String(fleet.total))} nodes: ${states.map(([state, count]) => `${count} ${state.replace("_", " ")}`).join(", ") || "none yet"}`,
  );
  printLine(`${fleet.needYou} findings need you; ${fleet.activeRepairs.length} repairs run\n`);
  printTable(
    fleet.groups,
    [
      { title: "SEVERITY", text: (g) => g.severity },
      { title: "NODES", text: (g) => g.nodeCount },
      { title: "SINCE", text: (g) => age(g.firstSeenAt) },
      { title: "WHAT", text: (g) => words(g.title) },
    ],
    "nothing is wrong",
  );
};
