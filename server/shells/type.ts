// Keys and window sizes on their way to a shell; only the person who asked for it types. The rows that it adds are its record.
import { SHELL_INPUT_CHANNEL } from "../core/changes.ts";
import { actorRef } from "../core/context.ts";
import { AppError, noSuch } from "../core/errors.ts";
import { sql } from "../core/sql.ts";
import { mutation } from "../core/verb.ts";
import { TypeIntoShell } from "./schema.ts";

const SIZE = /^([1-9]\d{0,2})x([1-9]\d{0,2})$/;

export const typeIntoShell = mutation({
  name: "shells.type",
  access: "shells:open",
  on: "node",
  input: TypeIntoShell,
  async run({ tx, actor, now, scope }, { id, inputs }) {
    await scope.repair(tx, id);
    const [shell] = await tx.$queryRaw<{ state: string; requested_by: string; seq: number }[]>(sql`
      SELECT s.state, s.requested_by, (SELECT coalesce(max(i.seq), 0) FROM shell_input i WHERE i.shell_id = s.id)::int AS seq
      FROM shell_session s WHERE s.id = ${id}::uuid FOR UPDATE`);
    if (!shell) throw noSuch("repair", id);
    if (shell.requested_by !== actorRef(actor))
      throw new AppError("forbidden", `shell ${id} is not theirs`, {
        publicMessage: "Only the person who asked for this shell types into it.",
        entity: ["shell", id],
      });
    if (shell.state !== "open")
      throw new AppError("conflict", `shell ${id} is ${shell.state}`, { publicMessage: "This shell is not open." });
    const rows = inputs.map(({ kind, data }, index) => ({
      ...{ shellId: id, seq: shell.seq + 1 + index, kind, data: new Uint8Array(Buffer.from(data, "base64")) },
      ...{ by: actorRef(actor), at: now() },
    }));
    const last = rows.findLast(({ kind }) => kind === "r");
    const [, cols, lines] = SIZE.exec(Buffer.from(last?.data ?? []).toString("latin1")) ?? [];
    if (last && !cols) throw new AppError("invalid", "a size is COLSxROWS");
    await tx.shellInput.createMany({ data: rows });
    if (cols && lines) await tx.shell.update({ where: { id }, data: { cols: Number(cols), rows: Number(lines) } });
    await tx.$executeRaw(sql`SELECT pg_notify(${SHELL_INPUT_CHANNEL}, ${id})`);
    return { result: { seq: shell.seq + rows.length }, audit: null };
  },
});
