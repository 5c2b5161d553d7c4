// `modes`: how far the product may go by itself, per check and pool.
import { Mode, type ModeRow } from "../../server/check-modes/schema.ts";
import { answer, connect } from "../client.ts";
import type { Run } from "../define.ts";
import { EXIT, UserError } from "../errors.ts";
import { age, printJson, printLine, printTable } from "../output.ts";
import { plain } from "../words.ts";

export const list: Run<{ check?: string }> = async (_args, options) => {
  const found = await answer(connect(options).modes.list.query({ checkId: options.check }));
  if (options.json) return printJson(found);
  printTable<ModeRow>(
    found.rows,
    [
      { title: "CHECK", text: (m) => m.checkId },
      { title: "POOL", text: (m) => plain(m.pool) },
      { title: "MODE", text: (m) => m.mode, style: (m) => (m.mode === "auto" ? "bold" : undefined) },
      { title: "BY", text: (m) => plain(m.setByName) },
      { title: "AGE", text: (m) => age(m.setAt) },
      { title: "REASON", text: (m) => plain(m.reason) },
    ],
    "every check suggests its repairs; nothing starts by itself",
  );
};

export const set: Run<{ pool: string; reason: string }> = async ([checkId = "", typed = ""], options) => {
  const mode = typed === "none" ? null : Mode.safeParse(typed).data;
  if (mode === undefined)
    throw new UserError(`there is no mode ${typed}`, "choose from observe, suggest, approve, auto, none", EXIT.usage);
  const { pool, reason } = options;
  const result = await answer(connect(options).modes.set.mutate({ checkId, pool, mode, reason }));
  if (options.json) return printJson(result);
  const where = pool === "*" ? "every pool without a mode of its own" : `pool ${plain(pool)}`;
  printLine(
    mode === null ? `${checkId} has no mode of its own in ${where} any more` : `${checkId} in ${where}: ${mode}`,
  );
};
