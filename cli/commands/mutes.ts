// `mutes`, `mute`, `unmute`: what nobody is to be told of for a while.
import type { MuteRow } from "../../server/mutes/schema.ts";
import { answer, type Client, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { printJson, printLine, printTable } from "../output.ts";
import { matchId, plain, shortId } from "../words.ts";

const UNITS = { m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** "90m", "8h", "3d" in ms. @throws UserError */
export function duration(text: string): number {
  const [, count = "", unit = ""] = /^(\d{1,4})([mhd])$/.exec(text) ?? [];
  if (unit !== "m" && unit !== "h" && unit !== "d")
    throw new UserError(`${text} is no length of time`, "write 30m, 8h or 3d; 90d at most", EXIT.usage);
  return Number(count) * UNITS[unit];
}

export const list: Run<{ all?: boolean; check?: string }> = async (_args, options) => {
  const state = options.all ? "all" : "active";
  const found = await answer(connect(options).mutes.list.query({ state, checkId: options.check, pageSize: 200 }));
  if (options.json) return printJson(found);
  printTable<MuteRow>(
    found.rows,
    [
      { title: "MUTE", text: (m) => shortId(m.id) },
      { title: "CHECK", text: (m) => m.checkId },
      { title: "WHERE", text: (m) => plain(m.selector) },
      { title: "SUBJECT", text: (m) => plain(m.subject) || "any" },
      { title: "COVERS", text: (m) => `${m.findingCount} on ${m.nodeCount}` },
      { title: "STATE", text: (m) => m.state, style: (m) => (m.state === "active" ? undefined : "dim") },
      { title: "UNTIL", text: (m) => m.expiresAt.toISOString().slice(0, 16) },
      { title: "BY", text: (m) => plain(m.createdByName) },
      { title: "REASON", text: (m) => plain(m.reason) },
    ],
    "nothing is muted",
  );
};

type Options = { select: string; node?: string; subject: string; for: string; reason: string };

export const create: Run<Options> = async ([check = ""], options) => {
  const { select, node, subject, reason } = options;
  const selector = node === undefined ? select : `name="${node.replace(/[\\"]/g, "\\$&")}"`;
  const expiresAt = new Date(Date.now() + duration(options.for));
  const made = await answer(
    connect(options).mutes.create.mutate({ checkId: check, selector, subject, reason, expiresAt }),
  );
  if (options.json) return printJson(made);
  printLine(
    `mute ${shortId(made.id)}: ${check} on ${plain(made.selector)} until ${expiresAt.toISOString().slice(0, 16)}`,
  );
};

async function muteId(client: Client, typed: string): Promise<string> {
  const { rows } = await answer(client.mutes.list.query({ pageSize: 200 }));
  return matchId(
    "mute",
    typed,
    rows.map(({ id }) => id),
  );
}

export const end: Run<object> = async ([mute = ""], options) => {
  const client = connect(options);
  const id = await muteId(client, mute);
  const result = await answer(client.mutes.end.mutate({ id }));
  if (options.json) printJson(result);
  else printLine(`mute ${shortId(id)} is over; what it covered counts again`);
};
