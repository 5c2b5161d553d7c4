// One shell: where it stands, how long it may live, how it ended.
import { noSuch } from "../core/errors.ts";
import { query } from "../core/verb.ts";
import { runsOf, shellColumns, toShellRow } from "./rows.ts";
import { type ShellDetail, ShellRef } from "./schema.ts";

export const getShell = query({
  name: "shells.get",
  access: "shells:read",
  on: "node",
  input: ShellRef,
  async run({ db, actor, scope }, { id }): Promise<ShellDetail> {
    await scope.repair(db, id);
    const [found, runs, last] = await Promise.all([
      db.shell.findUnique({ where: { id }, select: { ...shellColumns, cols: true, rows: true } }),
      runsOf(db, [id]),
      db.shellOutput.aggregate({ where: { shellId: id }, _max: { seq: true } }),
    ]);
    if (!found) throw noSuch("repair", id);
    const { cols, rows, ...raw } = found;
    const run = runs.get(id);
    const row = toShellRow(raw, run, actor);
    const isBefore = row.state === "refused" || row.state === "awaiting" || row.state === "opening";
    return { ...row, outcome: isBefore ? (run?.outcome ?? null) : null, cols, rows, last: last._max.seq ?? 0 };
  },
});
