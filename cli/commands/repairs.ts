// `repairs`: the list, or one repair with its commands and verification.
import type { RepairDetail, RepairRow, RepairState } from "../../server/repairs/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, duration, paint, printJson, printLine, printTable } from "../output.ts";
import { isUuid, matchId, plain, shortId, words } from "../words.ts";

type Options = { state: string; node?: string; search?: string; page: number; pageSize: number };

const STATES = ["active", "over", "all"] as const;

/** Colour of a repair's state. */
export const repairColour = (state: RepairState) =>
  state === "succeeded" ? "green" : state === "failed" ? "red" : state === "cancelled" ? "gray" : "cyan";

/** Full id of a repair from what was typed. */
export async function repairRunId(client: Client, typed: string): Promise<string> {
  if (isUuid(typed)) return typed;
  const { rows } = await answer(client.repairs.list.query({ pageSize: 200 }));
  return matchId(
    "repair",
    typed,
    rows.map(({ id }) => id),
  );
}

export const run: Run<Options> = async ([repair], options) => {
  const client = connect(options);
  if (repair) {
    const detail = await answer(client.repairs.get.query({ id: await repairRunId(client, repair) }));
    return options.json ? printJson(detail) : printRepair(detail);
  }
  const state = STATES.find((one) => one === options.state);
  if (!state) throw new UserError(`there is no state ${options.state}`, `choose from ${STATES.join(", ")}`, EXIT.usage);
  const { node, search, page, pageSize } = options;
  const list = await answer(client.repairs.list.query({ state, node, search, page, pageSize }));
  if (options.json) return printJson(list);
  printTable<RepairRow>(
    list.rows,
    [
      { title: "REPAIR", text: (r) => shortId(r.id) },
      { title: "STATE", text: (r) => r.state, style: (r) => repairColour(r.state) },
      { title: "NODE", text: (r) => r.nodeName },
      { title: "WHAT", text: (r) => words(r.title) },
      { title: "BY", text: (r) => r.requestedBy },
      { title: "AGE", text: (r) => age(r.createdAt) },
      { title: "TOOK", text: (r) => (r.endedAt ? duration(r.endedAt.getTime() - r.createdAt.getTime()) : null) },
      { title: "OUTCOME", text: (r) => plain(words(r.outcome)) || null },
    ],
    "no repairs yet",
  );
  if (list.total > list.rows.length)
    printLine(`\n${list.rows.length} of ${list.total}; --page ${list.page + 1} shows more`);
};

/** One repair: state, each command with its result, verification. */
export function printRepair(repair: RepairDetail): void {
  printLine(
    `${paint(repairColour(repair.state), repair.state)} ${paint("bold", words(repair.title))} on ${repair.nodeName}, asked for by ${repair.requestedBy} ${age(repair.createdAt)} ago`,
  );
  if (repair.outcome) printLine(`  ${plain(words(repair.outcome))}`);
  printLine();
  printTable(
    repair.commands,
    [
      { title: "COMMAND", text: (c) => c.type },
      { title: "ROLE", text: (c) => c.role },
      { title: "STATE", text: (c) => c.state },
      {
        title: "TOOK",
        text: (c) => (c.endedAt && c.issuedAt ? duration(c.endedAt.getTime() - c.issuedAt.getTime()) : null),
      },
    ],
    "no command was sent",
  );
  printLine();
  for (const check of repair.verifies)
    printLine(`  verified by ${check.checkId}: ${check.status ?? "not yet"} ${check.reason}`);
  if (repair.canUndo) printLine(`\n./nodeops undo ${shortId(repair.id)} takes it back`);
}
