// What a shell printed, from one piece on: a live screen and a replay read the same record, so that nothing is seen that is not kept.
import { sql } from "../core/sql.ts";
import { query } from "../core/verb.ts";
import { ReadShell, type ShellOutput } from "./schema.ts";

/** Pieces and bytes of one answer. */
const PIECES_MAX = 2_000;
const BYTES_MAX = 1_048_576;

export const readShell = query({
  name: "shells.output",
  access: "shells:read",
  on: "node",
  input: ReadShell,
  async run({ db, scope }, { id, after }): Promise<ShellOutput> {
    await scope.repair(db, id);
    // The state is read first: what is stored when it is over is all there will be.
    const shell = await db.shell.findUnique({ where: { id }, select: { state: true } });
    const rows = await db.$queryRaw<{ seq: number; at_ms: number; data: Uint8Array }[]>(sql`
      SELECT seq, at_ms, data FROM (
        SELECT seq, at_ms, data, sum(length(data)) OVER (ORDER BY seq) - length(data) AS before FROM (
          SELECT * FROM shell_output WHERE shell_id = ${id}::uuid AND seq > ${after} ORDER BY seq LIMIT ${PIECES_MAX}
        ) next
      ) counted WHERE before < ${BYTES_MAX} ORDER BY seq`);
    const last = rows.at(-1)?.seq ?? after;
    const more = await db.shellOutput.findFirst({ where: { shellId: id, seq: { gt: last } }, select: { seq: true } });
    return {
      pieces: rows.map(({ seq, at_ms, data }) => ({ seq, atMs: at_ms, data: Buffer.from(data).toString("base64") })),
      hasMore: more !== null,
      isOver: shell?.state === "ended" || shell?.state === "refused",
    };
  },
});
