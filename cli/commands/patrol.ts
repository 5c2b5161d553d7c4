// `patrol`: plans to look at a part of the fleet again and again, their runs and reports.
import { INTERVAL_MIN_MS, type PatrolRow, type Trigger } from "../../server/patrols/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, duration, printJson, printLine, printTable } from "../output.ts";
import { matchId, plain } from "../words.ts";
import { follow, printReport } from "./inspect.ts";

/** A patrol by name or id. */
async function patrolOf(client: Client, typed: string): Promise<PatrolRow> {
  const all = await answer(client.patrols.list.query());
  const named = all.find(({ name }) => name === typed);
  if (named) return named;
  const id = matchId(
    "patrol",
    typed,
    all.map((one) => one.id),
  );
  const found = all.find((one) => one.id === id);
  if (!found) throw new UserError(`there is no patrol ${typed}`);
  return found;
}

function triggerText(trigger: Trigger): string {
  switch (trigger.type) {
    case "interval":
      return `every ${duration(trigger.everyMs)}`;
    case "cron":
      return `${trigger.expression} (${trigger.timeZone})`;
    case "change":
      return `when ${trigger.kinds.join(", ")} change`;
    case "manual":
      return "by hand";
  }
}

export const list: Run<object> = async (_args, options) => {
  const rows = await answer(connect(options).patrols.list.query());
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "PATROL", text: (p) => plain(p.name) },
      { title: "SELECTS", text: (p) => plain(p.selector) || "nothing" },
      { title: "WHEN", text: (p) => (p.isEnabled ? triggerText(p.trigger) : "off") },
      { title: "NEXT", text: (p) => p.nextAt?.toISOString().slice(0, 16) ?? "–" },
      { title: "LAST", text: (p) => (p.lastRun ? `${p.lastRun.state} ${age(p.lastRun.startedAt)}` : "never") },
      { title: "NODES", text: (p) => p.lastRun?.asked ?? "–" },
      { title: "NEW", text: (p) => p.lastRun?.report.opened ?? "–" },
      { title: "OPEN", text: (p) => (p.lastRun ? p.lastRun.report.opened + p.lastRun.report.stillOpen : "–") },
    ],
    "no patrols; ./nodeops patrol add makes one",
  );
};

export const runs: Run<object> = async ([patrol], options) => {
  const client = connect(options);
  const found = patrol ? await patrolOf(client, patrol) : null;
  const { rows } = await answer(client.patrols.runs.query(found ? { patrolId: found.id } : {}));
  if (options.json) return printJson(rows);
  printTable(
    rows,
    [
      { title: "RUN", text: (r) => r.id },
      { title: "OF", text: (r) => plain(r.patrolName ?? r.purpose) },
      { title: "SELECTS", text: (r) => plain(r.selector) },
      { title: "STATE", text: (r) => r.verdict ?? r.state },
      { title: "STARTED", text: (r) => age(r.startedAt) },
      { title: "NODES", text: (r) => `${r.done}/${r.asked}` },
      { title: "NEW", text: (r) => r.report.opened },
      { title: "CLEARED", text: (r) => r.report.cleared },
    ],
    "no runs",
  );
};

export const show: Run<object> = async ([run = ""], options) => {
  const detail = await answer(connect(options).patrols.run.query({ id: run }));
  if (options.json) printJson(detail);
  else printReport(detail);
};

type AddOptions = {
  select: string;
  check?: string[];
  every?: number;
  cron?: string;
  timeZone: string;
  onChange?: string[];
  spread?: number;
};

function triggerOf({ every, cron, timeZone, onChange }: AddOptions): Trigger {
  const given = [every, cron, onChange].filter((one) => one !== undefined);
  if (given.length > 1) throw new UserError("choose one of --every, --cron, --on-change", undefined, EXIT.usage);
  if (every !== undefined) return { type: "interval", everyMs: Math.max(every * 60_000, INTERVAL_MIN_MS) };
  if (cron !== undefined) return { type: "cron", expression: cron, timeZone };
  // The server knows which kinds there are, and says so.
  if (onChange) return { type: "change", kinds: onChange as Extract<Trigger, { type: "change" }>["kinds"] };
  return { type: "manual" };
}

export const add: Run<AddOptions> = async ([name = ""], options) => {
  const made = await answer(
    connect(options).patrols.create.mutate({
      name,
      selector: options.select,
      checkIds: options.check ?? [],
      trigger: triggerOf(options),
      jitterMs: (options.spread ?? 0) * 60_000,
    }),
  );
  if (options.json) return printJson(made);
  printLine(`patrol ${plain(made.name)}: ${plain(made.selector) || "nothing"}, ${triggerText(made.trigger)}`);
};

export const remove: Run<object> = async ([patrol = ""], options) => {
  const client = connect(options);
  const { id, name } = await patrolOf(client, patrol);
  await answer(client.patrols.remove.mutate({ id }));
  if (options.json) printJson({ id });
  else printLine(`patrol ${plain(name)} is removed; its reports stay`);
};

export const now: Run<{ wait: boolean }> = async ([patrol = ""], options) => {
  const client = connect(options);
  const { id } = await answer(client.patrols.runNow.mutate({ patrolId: (await patrolOf(client, patrol)).id }));
  return follow(client, id, options);
};

export const cancel: Run<object> = async ([run = ""], options) => {
  await answer(connect(options).patrols.cancel.mutate({ id: run }));
  if (options.json) printJson({ id: run });
  else printLine("it ends with the batch that is under way");
};
